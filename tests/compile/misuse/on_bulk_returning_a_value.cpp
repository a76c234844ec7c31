// expects: paperboy: on_bulk returns void or boost::asio::awaitable<void>

#include <paperboy/engine.hpp>

#include <span>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    int on_bulk(std::span<paperboy::record_view const>) { return 1; }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
