// expects: deserializer

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record<int&> const&) {}
};

struct number
{
    explicit number(int);
};

struct serde
{
    using value_type = number;
    void decode(paperboy::bytes_view, number&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", serde{}, handler{});
}
