// expects: paperboy: on_message returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

struct handler
{
    boost::asio::awaitable<bool> on_message(paperboy::record_view const&) { co_return true; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
