// expects: paperboy: on_message takes the topic's record type by const reference

#include <paperboy/engine.hpp>

struct handler
{
    int define_context() { return 0; }
    void on_message(paperboy::record_view const&, long&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
