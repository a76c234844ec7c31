// expects: paperboy: on_bulk takes std::span<R const>

#include <paperboy/engine.hpp>

#include <span>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view>) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
