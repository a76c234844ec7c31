// Testing a handler without a broker: testing.hpp calls its hooks as the engine would.
//
//     ./07_testing

#include <paperboy/paperboy.hpp>
#include <paperboy/testing.hpp>

#include <iostream>
#include <stdexcept>
#include <string_view>

namespace
{

// The handler under test: sums the amounts of orders up, skips what is negative.
struct revenue_handler
{
    long revenue = 0;

    void on_message(paperboy::record<std::int32_t> const& order)
    {
        if (order.value() < 0)
            throw std::invalid_argument{"a negative amount"};
        revenue += order.value();
    }

    [[nodiscard]] paperboy::error_action on_error(std::exception_ptr const&, paperboy::record_view const& record) const
    {
        return record.key() == "poison" ? paperboy::error_action::fail : paperboy::error_action::skip;
    }
};

using amount = paperboy::integer<std::int32_t>;

std::string encoded(std::int32_t value)
{
    auto bytes = std::string{};
    amount{}.encode(value, bytes);
    return bytes;
}

int failures = 0;

void expect(bool condition, std::string_view what)
{
    std::cout << (condition ? "ok: " : "FAILED: ") << what << '\n';
    failures += condition ? 0 : 1;
}

void sums_up_what_is_valid()
{
    auto handler = revenue_handler{};
    auto const result = paperboy::testing::run(
        amount{}, std::ref(handler),
        {{.key = "a", .value = encoded(30)}, {.key = "b", .value = encoded(-1)}, {.key = "c", .value = encoded(12)}});
    expect(handler.revenue == 42, "valid amounts are summed up");
    expect(result.finished == 3 && result.committable == 3, "a skipped order counts as finished");
    expect(result.failures.size() == 1 && result.failures[0].offset == 1, "the negative amount is reported");
}

void undecodable_orders_reach_on_error()
{
    auto const result = paperboy::testing::run(amount{}, revenue_handler{}, {{.key = "a", .value = "not 4 bytes"}});
    expect(result.failures.size() == 1 && result.failures[0].where == paperboy::hook::decode_value,
           "an undecodable order is reported");
    expect(!result.stopped, "and skipped");
}

void poison_stops_the_engine()
{
    auto const result = paperboy::testing::run(
        amount{}, revenue_handler{}, {{.key = "a", .value = encoded(1)}, {.key = "poison", .value = encoded(-1)}});
    expect(result.stopped, "poison stops the engine");
    expect(result.committable == 1, "in front of the poisonous record");
}

} // namespace

int main()
{
    sums_up_what_is_valid();
    undecodable_orders_reach_on_error();
    poison_stops_the_engine();
    return failures == 0 ? 0 : 1;
}
