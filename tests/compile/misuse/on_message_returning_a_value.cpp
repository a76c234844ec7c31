// expects: paperboy: on_message returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

struct handler
{
    bool on_message(paperboy::record_view const&) { return true; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
