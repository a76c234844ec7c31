// expects: paperboy: define_context returns the context by value, or an awaitable of it

#include <paperboy/engine.hpp>

struct handler
{
    int shared = 0;
    int& define_context() { return shared; }
    void on_message(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
