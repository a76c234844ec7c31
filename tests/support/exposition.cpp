#include "support/exposition.hpp"

#include <cmath>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace paperboy::test
{
namespace
{

using families = std::map<std::string, exposed_family>;

// NOLINTBEGIN(cert-err58-cpp)
std::regex const header{R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
std::regex const sample{
    R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-z_][a-z0-9_]*="([^"\\\n]|\\["\\n])*"(,(?=[a-z])|(?=\})))*\})? (\S+))re"};
// NOLINTEND(cert-err58-cpp)

void require(bool good, std::string const& what, std::string const& line)
{
    if (!good)
        throw std::runtime_error{what + ": " + line};
}

double number_of(std::string const& text, std::string const& line)
{
    auto read = std::size_t{0};
    auto const value = std::stod(text, &read);
    require(read == text.size(), "no number", line);
    return value;
}

bool ends_with(std::string const& text, std::string_view end)
{
    return text.size() >= end.size() && std::string_view{text}.substr(text.size() - end.size()) == end;
}

bool belongs_to(std::string const& name, std::string const& family, std::string const& type)
{
    if (type != "histogram")
        return name == family;
    return name == family + "_bucket" || name == family + "_sum" || name == family + "_count";
}

void check_family(std::string const& name, exposed_family const& what)
{
    require(!what.help.empty() && !what.type.empty(), "no HELP or no TYPE", name);
    require(!what.series.empty(), "no series", name);
    require((what.type == "counter") == ends_with(name, "_total"), "a counter, and no other, ends in _total", name);
    for (auto const& [series, value] : what.series)
        require(what.type == "gauge" || value >= 0, "a counter or histogram below 0", series);
}

// The count comes first; then buckets that count what the ones before them count, up to one without an end.
class bucket_check
{
public:
    void see(std::string const& name, std::string const& line, double value)
    {
        if (ends_with(name, "_count"))
            count_ = value;
        if (!ends_with(name, "_bucket"))
            return;
        require(value >= last_, "buckets do not rise", line);
        last_ = value;
        if (line.find("le=\"+Inf\"") == std::string::npos)
            return;
        require(count_ == value, "the endless bucket does not count all", line);
        last_ = 0;
        count_ = none;
    }

private:
    static constexpr auto none = -1.0;

    double last_ = 0;
    double count_ = none;
};

} // namespace

families parse_exposition(std::string_view text)
{
    auto all = families{};
    auto current = std::string{};
    auto buckets = bucket_check{};
    auto lines = std::istringstream{std::string{text}};
    require(!text.empty() && text.back() == '\n', "no line end at the end", "");
    for (auto line = std::string{}; std::getline(lines, line);)
    {
        auto match = std::smatch{};
        if (line.starts_with('#'))
        {
            require(std::regex_match(line, match, header), "a broken comment", line);
            auto const name = match[2].str();
            require(name == current || !all.contains(name), "a family in two places", line);
            current = name;
            auto& place = match[1] == "HELP" ? all[name].help : all[name].type;
            require(place.empty() && all[name].series.empty(), "a family is told of twice", line);
            place = match[3];
            continue;
        }
        require(std::regex_match(line, match, sample), "a broken sample", line);
        auto& family = all[current];
        require(belongs_to(match[1], current, family.type), "a sample outside its family", line);
        auto const value = number_of(match[6], line);
        require(std::isfinite(value), "no finite number", line);
        require(family.series.emplace(match[1].str() + match[2].str(), value).second, "a series twice", line);
        if (family.type == "histogram")
            buckets.see(match[1], line, value);
    }
    for (auto const& [name, what] : all)
        check_family(name, what);
    return all;
}

} // namespace paperboy::test
