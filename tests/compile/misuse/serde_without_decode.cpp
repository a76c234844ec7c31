// expects: deserializer

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record<int> const&) {}
};

struct serde
{
    using value_type = int;
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", serde{}, handler{});
}
