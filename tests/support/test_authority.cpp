#include "support/test_authority.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace paperboy::test
{

namespace ssl = boost::asio::ssl;

test_authority::test_authority()
{
    auto name = (std::filesystem::temp_directory_path() / "paperboy-authority-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error{"cannot make " + name};
    directory_ = name;
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=paperboy-test-ca"
        " -keyout ca.key -out ca.crt");
    sign("server", "subjectAltName=DNS:localhost");
    sign("address", "subjectAltName=IP:127.0.0.1");
    sign("expired", "subjectAltName=DNS:localhost", -1);
    sign("client", "extendedKeyUsage=clientAuth");
}

test_authority::~test_authority()
{
    auto ignored = std::error_code{};
    std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<ssl::context> test_authority::server_named(std::string const& name) const
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->use_certificate_chain_file(file(name + ".crt"));
    context->use_private_key_file(file(name + ".key"), ssl::context::pem);
    return context;
}

std::shared_ptr<ssl::context> test_authority::server(bool demands_certificate) const
{
    auto context = server_named("server");
    context->load_verify_file(file("ca.crt"));
    if (demands_certificate)
        context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    return context;
}

void test_authority::sign(std::string const& name, std::string const& extension, int days) const
{
    std::ofstream{directory_ / "extension"} << extension << '\n';
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " +
        name + ".csr");
    run("x509 -req -in " + name + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days " + std::to_string(days) +
        " -extfile extension -out " + name + ".crt");
}

void test_authority::run(std::string const& arguments) const
{
    auto const command = "cd '" + directory_.string() + "' && openssl " + arguments + " >>log 2>&1";
    if (std::system(command.c_str()) != 0) // NOLINT(concurrency-mt-unsafe): before there are threads
        throw std::runtime_error{"failed: " + command};
}

} // namespace paperboy::test
