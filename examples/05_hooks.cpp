// Every hook of a handler: each record is a transaction of its own, which is committed or rolled back in the end.
//
//     ./05_hooks

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <charconv>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

namespace
{

using accounts = std::map<std::string, long, std::less<>>;

// Stands for a transaction of a database: works on a copy until it is committed.
struct transaction
{
    accounts changed;
};

long amount_in(std::string_view text)
{
    auto amount = 0L;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::invalid_argument{"\"" + std::string{text} + "\" is no amount"};
    return amount;
}

// The hooks in the order in which they are called. All but on_message are optional, and each may be an
// asio::awaitable<void> instead: see 06_coroutines.
struct account_handler
{
    accounts& stored;

    // Whatever this returns is passed to the other hooks.
    [[nodiscard]] transaction define_context() const { return {stored}; }

    // Before the work, for tombstones too.
    void did_receive_message(paperboy::record_view& record, transaction&)
    {
        std::cout << record.offset() << ": " << record.key() << ' '
                  << (record.is_tombstone() ? "closed" : record.value());
    }

    // The work.
    void on_message(paperboy::record_view const& record, transaction& tx)
    {
        tx.changed[std::string{record.key()}] += amount_in(record.value());
    }

    // The work, when the value is null.
    void on_tombstone(paperboy::record_view const& record, transaction& tx)
    {
        tx.changed.erase(std::string{record.key()});
    }

    // After a hook threw. The context is null when define_context itself did.
    paperboy::error_action on_error(std::exception_ptr const& error, paperboy::record_view const&, transaction*)
    {
        std::cout << ": " << paperboy::describe(error);
        return paperboy::error_action::skip;
    }

    // At the end, after success and after failure. When it has returned, the record's offset may be committed.
    void on_finished_handling(transaction& tx, paperboy::outcome how)
    {
        if (how == paperboy::outcome::handled)
            stored = std::move(tx.changed);
        std::cout << (how == paperboy::outcome::handled ? ": committed\n" : ": rolled back\n");
    }
};

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("payments", 1);
    cluster.produce("payments", {.key = "alice", .value = "100"});
    cluster.produce("payments", {.key = "bob", .value = "50"});
    cluster.produce("payments", {.key = "alice", .value = "lots"});
    cluster.produce("payments", {.key = "bob", .value = "-20"});
    cluster.produce("payments", {.key = "alice"});

    boost::asio::io_context context;
    auto stored = accounts{};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    engine.handle("payments", account_handler{stored});
    auto const result = examples::run_until(context, engine, 5);

    for (auto const& [name, balance] : stored)
        std::cout << name << " has " << balance << '\n';
    return result;
}
