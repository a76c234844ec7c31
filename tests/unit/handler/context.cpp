#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

namespace paperboy::context_test
{
namespace
{

using test::journal;
using testing::test_record;

std::vector<test_record> two_records()
{
    return {{{}, "1"}, {{}, "2"}};
}

// Neither copyable nor default-constructible; notes its end.
class unit_of_work
{
public:
    unit_of_work(journal& calls, std::string name) : calls_{&calls}, name_{std::move(name)} {}
    unit_of_work(unit_of_work&& other) noexcept
        : calls_{std::exchange(other.calls_, nullptr)}, name_{std::move(other.name_)}
    {
    }
    unit_of_work& operator=(unit_of_work&&) = delete;
    ~unit_of_work()
    {
        if (calls_ != nullptr)
            calls_->push_back("end of " + name_);
    }

    void note(std::string const& what) { calls_->push_back(what + " in " + name_); }

private:
    journal* calls_;
    std::string name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(context_suite)

BOOST_AUTO_TEST_CASE(lives_from_define_context_to_the_end_of_on_finished_handling)
{
    struct handler
    {
        journal& calls;

        unit_of_work define_context(record_view const& record) { return {calls, std::string{record.value()}}; }
        void on_message(record_view const&, unit_of_work& work) { work.note("message"); }
        void on_finished_handling(unit_of_work& work) { work.note("finished"); }
    };
    auto calls = journal{};
    static_cast<void>(testing::run(handler{calls}, two_records()));
    BOOST_TEST(calls ==
                   (journal{"message in 1", "finished in 1", "end of 1", "message in 2", "finished in 2", "end of 2"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_be_awaited)
{
    struct handler
    {
        journal& calls;

        boost::asio::awaitable<unit_of_work> define_context(record_view const& record)
        {
            co_await test::turn();
            auto work = unit_of_work{calls, std::string{record.value()}};
            co_return work;
        }
        boost::asio::awaitable<void> on_message(record_view const&, unit_of_work& work)
        {
            co_await test::turn();
            work.note("message");
        }
        void on_finished_handling(unit_of_work& work) { work.note("finished"); }
    };
    auto calls = journal{};
    auto const result = testing::run(handler{calls}, two_records());
    BOOST_TEST(calls ==
                   (journal{"message in 1", "finished in 1", "end of 1", "message in 2", "finished in 2", "end of 2"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 2U);
}

BOOST_AUTO_TEST_CASE(may_be_a_pointer)
{
    struct handler
    {
        std::vector<int> seen;

        std::unique_ptr<int> define_context() { return std::make_unique<int>(5); }
        void on_message(record_view const&, std::unique_ptr<int> const& five) { seen.push_back(*five); }
    };
    auto counting = handler{};
    static_cast<void>(testing::run(std::ref(counting), two_records()));
    BOOST_TEST(counting.seen == (std::vector{5, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_new_for_each_record_and_shared_by_its_hooks)
{
    struct handler
    {
        std::vector<int> seen;

        int define_context() { return 0; }
        void did_receive_message(record_view&, int& counter) { ++counter; }
        void on_message(record_view const&, int& counter) { ++counter; }
        void on_finished_handling(int& counter) { seen.push_back(counter); }
    };
    auto counting = handler{};
    static_cast<void>(testing::run(std::ref(counting), two_records()));
    BOOST_TEST(counting.seen == (std::vector{2, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(hooks_may_ignore_it)
{
    struct handler
    {
        int defined = 0;
        int handled = 0;

        int define_context() { return ++defined; }
        void on_message(record_view const&) { ++handled; }
    };
    auto counting = handler{};
    static_cast<void>(testing::run(std::ref(counting), two_records()));
    BOOST_TEST(counting.defined == 2);
    BOOST_TEST(counting.handled == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::context_test
