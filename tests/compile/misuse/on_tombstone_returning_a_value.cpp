// expects: paperboy: on_tombstone returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    int on_tombstone(paperboy::record_view const&) { return 0; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
