#pragma once

#include <paperboy/detail/padded_copy.hpp>
#include <paperboy/error.hpp>
#include <paperboy/serde.hpp>

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

/// JSON as simdjson shows it. The one header of paperboy that includes simdjson's, which is why paperboy.hpp does not
/// include it: a program that does includes and links simdjson itself (`simdjson::simdjson`).
namespace paperboy
{

namespace detail
{

// The parser of one serde, and the text it has parsed last.
class json_document_parser
{
public:
    explicit json_document_parser(std::size_t max_size) : max_size_{max_size} {}

    [[nodiscard]] std::size_t max_size() const noexcept { return max_size_; }

    simdjson::ondemand::document& parse(std::string_view text)
    {
        text_ = {};
        check_size(text.size());
        auto const* start = text.data();
        if (!padded_in_place(text, simdjson::SIMDJSON_PADDING))
            start = copy_.of(text, simdjson::SIMDJSON_PADDING);
        // More than is needed, or a little longer text would allocate anew.
        if (parser_.capacity() < text.size())
            check(parser_.allocate(std::bit_ceil(std::max(text.size(), std::size_t{1024})), parser_.max_depth()));
        check(parser_.iterate(start, text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document_));
        text_ = text;
        return document_;
    }

    simdjson::ondemand::document& at(std::string_view text)
    {
        if (text_.data() != text.data() || text_.size() != text.size() || !document_.is_alive())
            return parse(text);
        document_.rewind();
        return document_;
    }

    void forget() noexcept { text_ = {}; }

private:
    void check_size(std::size_t size) const
    {
        if (size > max_size_)
            throw decode_error{"expected JSON of at most " + std::to_string(max_size_) + " bytes, found " +
                               std::to_string(size)};
    }

    static void check(simdjson::error_code error)
    {
        if (error != simdjson::SUCCESS)
            throw decode_error{std::string{"expected JSON: "} + simdjson::error_message(error)};
    }

    std::size_t max_size_;
    simdjson::ondemand::parser parser_;
    simdjson::ondemand::document document_;
    std::string_view text_; // none: nothing is parsed
    padded_copy copy_;
};

} // namespace detail

/// A record's JSON, read on demand.
///
/// Valid as long as its record. Only one of a partition's values can be read at a time: `document()` of another one,
/// which in a bulk there is, ends what was obtained from this one.
class json_view
{
public:
    json_view() = default;

    /// The document, at its beginning. What was obtained from it before is no longer valid.
    ///
    /// Errors are simdjson's: On-Demand finds them where it is asked, so that broken JSON may show only in the middle
    /// of a hook. Throws `decode_error` when the text has to be parsed again and cannot be.
    [[nodiscard]] simdjson::ondemand::document& document() const { return parser_->at(text_); }

    /// A field of the document, which has to be an object; NO_SUCH_FIELD without it. In the order of the text is
    /// fastest.
    [[nodiscard]] simdjson::simdjson_result<simdjson::ondemand::value> operator[](std::string_view field) const
    {
        return document().find_field_unordered(field);
    }

    /// The text itself.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    friend class json_document;

    detail::json_document_parser* parser_ = nullptr;
    std::string_view text_;
};

/// The serde for JSON whose fields a hook looks up itself, by simdjson's On-Demand interface: when there is no struct
/// for them, or only some of a large record are needed, depending on others.
///
///     void on_message(paperboy::record<paperboy::json_view> const& record)
///     {
///         auto const page = std::string_view{record.value()["page"]}; // throws simdjson_error, which reaches on_error
///     }
///
/// `decode` finds where tokens are, and throws `decode_error` for text that is not UTF-8, has open strings, or is
/// empty; whatever else may be wrong shows when it is asked for. In a bulk each document is parsed a second time when
/// it is read.
class json_document
{
public:
    /// The document, as the hook gets it.
    using value_type = json_view;

    /// `max_size`: the longest key or value in bytes.
    explicit json_document(std::size_t max_size = std::size_t{16} << 20U)
        : parser_{std::make_unique<detail::json_document_parser>(max_size)}
    {
    }

    /// Copies have parsers of their own.
    json_document(json_document const& other) : json_document{other.parser_->max_size()} {}
    /// Takes the other's parser; the other may only be destroyed or assigned to.
    json_document(json_document&&) noexcept = default;
    /// Copies have parsers of their own.
    json_document& operator=(json_document const& other) { return *this = json_document{other}; }
    /// As the constructor.
    json_document& operator=(json_document&&) noexcept = default;
    ~json_document() = default;

    /// Shows `data`, whose tokens are found. Throws `decode_error`, see above.
    void decode(bytes_view data, json_view& out)
    {
        out.parser_ = parser_.get();
        out.text_ = {reinterpret_cast<char const*>(data.data()), data.size()};
        static_cast<void>(parser_->parse(out.text_));
    }

    /// Nothing decoded before is used any more.
    void forget() noexcept { parser_->forget(); }

    /// Appends the text as it is.
    void encode(json_view const& value, std::string& out) const { out.append(value.text()); }

private:
    std::unique_ptr<detail::json_document_parser> parser_;
};

} // namespace paperboy
