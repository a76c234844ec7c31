// expects: paperboy: on_finished_handling takes any of record_view const&, the context by reference

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_finished_handling(paperboy::outcome, paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
