// expects: paperboy: a handler needs on_message(record) or on_message(record, context)

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record_view const&) {}
};

void use(paperboy::engine& engine, handler& mine)
{
    engine.handle("topic", &mine);
}
