// expects: paperboy: a handler needs on_message(record) or on_message(record, context)

#include <paperboy/engine.hpp>

struct handler
{
    void on_tombstone(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
