#include "throughput/samples.hpp"

#include "throughput/options.hpp"
#include "throughput/packed_samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace paperboy::bench
{
namespace
{

// splitmix64: random enough, and the same everywhere.
std::uint64_t mix(std::uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

template <std::size_t Size>
void make_raw(std::uint64_t number, std::uint64_t, sample& out)
{
    out.key.clear();
    out.value.resize(Size);
    for (std::size_t at = 0; at < Size; at += 8)
    {
        auto word = mix(number + at);
        for (std::size_t i = at; i < std::min(at + 8, Size); ++i, word >>= 8U)
            out.value[i] = static_cast<char>('!' + word % 90);
    }
}

// Three records per possible key, drawn uniformly: of 1,000,000 possible keys 950,213 occur on average.
std::uint64_t uniform_key(std::uint64_t random, std::uint64_t keys)
{
    return random % keys;
}

// Key number k is drawn about as often as 1 / k (Zipf, exponent 1): by the inverse of that distribution's integral.
std::uint64_t zipf_key(std::uint64_t random, std::uint64_t keys)
{
    auto const part = static_cast<double>(random >> 11U) * 0x1p-53;
    return static_cast<std::uint64_t>(std::exp(part * std::log(static_cast<double>(keys) + 1))) - 1;
}

// A page view.
template <std::uint64_t (*Key)(std::uint64_t, std::uint64_t)>
void make_json(std::uint64_t number, std::uint64_t total, sample& out)
{
    constexpr auto countries = std::array{"DE", "FR", "NL", "PL", "ES", "IT", "SE", "PT"};
    constexpr auto sections = std::array{"garden", "kitchen", "books", "toys", "music", "tools", "sports", "office"};
    auto const r = mix(number);
    auto const s = mix(r);
    auto const user = Key(r, std::max<std::uint64_t>(total / 3, 1));
    out.key = "user-" + std::to_string(user);
    out.value.resize(512);
    auto const size = std::snprintf(
        out.value.data(), out.value.size(),
        R"({"id":"%016llx","user":"%s","at":%llu,"page":"/%s/%llu","referrer":"https://example.com/find?q=%s+%llu",)"
        R"("agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",)"
        R"("country":"%s","session":"%08llx","duration_ms":%llu,"price":%llu.%02llu,"bought":%s,"seen":[%llu,%llu]})",
        static_cast<unsigned long long>(s), out.key.c_str(), 1'700'000'000'000ULL + number, sections[s % 8],
        static_cast<unsigned long long>(r % 100'000), sections[(s >> 8U) % 8],
        static_cast<unsigned long long>(s % 1'000'000), countries[(s >> 16U) % 8],
        static_cast<unsigned long long>(r >> 32U), static_cast<unsigned long long>(s % 60'000),
        static_cast<unsigned long long>(r % 500), static_cast<unsigned long long>(s % 100),
        s % 10 == 0 ? "true" : "false", static_cast<unsigned long long>(r % 5000),
        static_cast<unsigned long long>(s % 5000));
    out.value.resize(static_cast<std::size_t>(size));
}

// A table's changelog with each key once, in an order that has nothing to do with the keys'.
void make_count(std::uint64_t number, std::uint64_t total, sample& out)
{
    constexpr auto prime = std::uint64_t{999'999'937};
    out.key.resize(24);
    auto const size = std::snprintf(out.key.data(), out.key.size(), "user-%08llu",
                                    static_cast<unsigned long long>(number * prime % total));
    out.key.resize(static_cast<std::size_t>(size));
    out.value.assign(7, '\0');
    out.value.push_back(static_cast<char>(number % 128));
}

constexpr auto kinds = std::array{topic_kind{"raw100", 8'000'000, "none", make_raw<100>},
                                  topic_kind{"json400", 3'000'000, "lz4", make_json<uniform_key>},
                                  topic_kind{"msgpack400", 3'000'000, "lz4", make_msgpack},
                                  topic_kind{"avro400", 3'000'000, "lz4", make_avro},
                                  topic_kind{"zipf400", 3'000'000, "lz4", make_json<zipf_key>},
                                  topic_kind{"raw1k", 1'000'000, "none", make_raw<1000>},
                                  topic_kind{"raw10k", 100'000, "none", make_raw<10'000>},
                                  topic_kind{"raw100k", 10'000, "none", make_raw<100'000>},
                                  topic_kind{"skew100", 1'000'000, "none", make_raw<100>, true},
                                  topic_kind{"counts", 1'000'000, "lz4", make_count, false, true}};

} // namespace

topic_kind const& find_topic_kind(std::string_view name)
{
    auto const* const found = std::ranges::find(kinds, name, &topic_kind::name);
    if (found == kinds.end())
        throw usage_error{
            "\"" + std::string{name} +
            "\" is no topic of this benchmark; choose raw100, json400, msgpack400, avro400, zipf400, raw1k, raw10k, "
            "raw100k, skew100 or counts"};
    return *found;
}

} // namespace paperboy::bench
