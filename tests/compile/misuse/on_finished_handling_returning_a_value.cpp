// expects: paperboy: on_finished_handling returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    bool on_finished_handling() { return true; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
