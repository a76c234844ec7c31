// expects: paperboy: JSON cannot be read into this type; describe it with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM

#include <paperboy/engine.hpp>
#include <paperboy/json.hpp>

struct order
{
    int id = 0;
};

struct handler
{
    void on_message(paperboy::record<order> const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", paperboy::json<order>{}, handler{});
}
