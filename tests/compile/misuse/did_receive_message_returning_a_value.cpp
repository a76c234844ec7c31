// expects: paperboy: did_receive_message returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    bool did_receive_message(paperboy::record_view&) { return true; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
