// expects: paperboy: a handler needs on_message(record) or on_message(record, context)

#include <paperboy/engine.hpp>

struct handler final
{
    void on_finished_handling() {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
