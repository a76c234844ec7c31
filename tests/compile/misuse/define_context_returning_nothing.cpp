// expects: paperboy: define_context returns the context by value, or an awaitable of it

#include <paperboy/engine.hpp>

struct handler
{
    void define_context() {}
    void on_message(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
