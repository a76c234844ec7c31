// expects: paperboy: a bulk handler also needs on_message, which gets the records one by one

#include <paperboy/engine.hpp>

#include <span>

struct handler
{
    void on_bulk(std::span<paperboy::record_view const>) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
