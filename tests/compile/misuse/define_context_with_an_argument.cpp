// expects: paperboy: define_context takes nothing or a record_view const&

#include <paperboy/engine.hpp>

struct handler
{
    int define_context(int) { return 0; }
    void on_message(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
