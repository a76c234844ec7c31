#include <paperboy/avro_datum.hpp>

#include "serde/avro_datum_schema.hpp"
#include "serde/avro_input.hpp"
#include "serde/excerpt.hpp"

#include <paperboy/error.hpp>

#include <utility>

namespace paperboy
{

using detail::avro_cell;
using serde::avro_index;
using serde::avro_kind;
using serde::avro_node;

namespace
{

// Reads a record by its writer's schema into cells.
class datum_reader : serde::avro_input<datum_reader>
{
public:
    datum_reader(serde::avro_schema const& schema, bytes_view data, std::uint32_t max_depth, std::uint64_t max_items,
                 std::vector<avro_cell>& into)
        : avro_input{data, max_items}, schema_{schema}, cells_{into}, max_depth_{max_depth},
          max_cells_{data.size() + max_items}
    {
    }

    void run()
    {
        value(schema_.root(), {});
        expect_end();
    }

private:
    friend avro_input<datum_reader>;

    [[noreturn]] void fail(std::string const& why) const
    {
        auto path = std::string{};
        for (auto const& [name, index] : steps_)
            if (name.data() != nullptr)
                path.append(path.empty() ? "" : ".").append(serde::excerpt(name, 64));
            else
                path.append("[").append(std::to_string(index)).append("]");
        throw decode_error{"Avro: " + path + (path.empty() ? "" : ": ") + why + where()};
    }

    // Values without bytes cost memory too: of them as many may come as items of arrays.
    avro_cell& add(avro_index node, std::string_view key)
    {
        if (cells_.size() >= max_cells_) [[unlikely]]
            fail("far more parts than bytes");
        auto& cell = cells_.emplace_back();
        cell.node = node;
        cell.key = key;
        return cell;
    }

    void value(avro_index index, std::string_view key)
    {
        auto const* node = &schema_[index];
        if (node->kind == avro_kind::alternatives)
        {
            index = node->branches[read_branch(node->branches.size())];
            node = &schema_[index];
        }
        auto const at = cells_.size();
        auto& cell = add(index, key);
        switch (node->kind)
        {
        case avro_kind::record:
        case avro_kind::array:
        case avro_kind::map:
            return container(*node, at);
        default:
            return scalar(*node, cell);
        }
    }

    void scalar(avro_node const& node, avro_cell& cell)
    {
        switch (node.kind)
        {
        case avro_kind::boolean:
            cell.number = read_flag() ? 1 : 0;
            break;
        case avro_kind::int32:
        case avro_kind::int64:
            cell.number = read_long();
            break;
        case avro_kind::float32:
            cell.real = static_cast<double>(read_raw<float>());
            break;
        case avro_kind::float64:
            cell.real = read_raw<double>();
            break;
        case avro_kind::enumeration:
            cell.number = static_cast<std::int64_t>(read_symbol(node.symbols.size()));
            cell.bytes = node.symbols[static_cast<std::size_t>(cell.number)];
            break;
        case avro_kind::fixed:
            cell.bytes = {reinterpret_cast<char const*>(take(node.size)), node.size};
            break;
        case avro_kind::bytes:
        case avro_kind::string:
            cell.bytes = read_text();
            break;
        default: // null
            break;
        }
    }

    // The items follow the cell at `at`, which moves as they do.
    void container(avro_node const& node, std::size_t at)
    {
        if (steps_.size() == max_depth_) [[unlikely]]
            fail("nested more than " + std::to_string(max_depth_) + " levels deep");
        steps_.emplace_back();
        auto count = std::int64_t{0};
        if (node.kind == avro_kind::record)
            for (auto const& field : node.fields)
            {
                steps_.back() = {field.name, 0};
                value(field.node, {});
                ++count;
            }
        else
            while (auto const items = read_block())
                for (auto const last = count + static_cast<std::int64_t>(items); count < last; ++count)
                {
                    steps_.back() = {{}, static_cast<std::uint64_t>(count)};
                    item(node);
                }
        steps_.pop_back();
        cells_[at].number = count;
        cells_[at].extent = static_cast<std::uint32_t>(cells_.size() - at);
    }

    void item(avro_node const& node)
    {
        if (node.kind == avro_kind::array)
            return value(node.element, {});
        auto const key = read_text();
        steps_.back().first = key;
        value(node.element, key);
    }

    serde::avro_schema const& schema_;
    std::vector<avro_cell>& cells_;
    std::uint32_t max_depth_;
    std::uint64_t max_cells_;
    // Of the containers around: a name, or where there is none an index.
    std::vector<std::pair<std::string_view, std::uint64_t>> steps_;
};

} // namespace

void avro_datum::assign(std::shared_ptr<detail::avro_datum_schema const> schema, bytes_view body,
                        std::uint32_t max_depth, std::uint64_t max_items)
{
    schema_ = std::move(schema);
    cells_.clear();
    try
    {
        datum_reader{schema_->tree, body, max_depth, max_items, cells_}.run();
    }
    catch (...)
    {
        cells_.clear();
        throw;
    }
}

schema_ptr avro_datum::writer_schema() const
{
    return schema_ ? schema_->writer : nullptr;
}

std::string avro_datum::to_json() const
{
    return cells_.empty() ? "null" : root().to_json();
}

template <>
detail::avro_type const& detail::avro_type_of<avro_datum>()
{
    static auto const made = avro_type{avro_shape::datum};
    return made;
}

} // namespace paperboy
