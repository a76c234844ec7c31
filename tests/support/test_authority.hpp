#pragma once

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace paperboy::test
{

// A certificate authority and what it has signed: "server" for the host localhost, "address" for 127.0.0.1, "expired"
// for localhost until yesterday, and "client". Made by the openssl command, in a directory that goes with the object.
class test_authority
{
public:
    test_authority();
    test_authority(test_authority const&) = delete;
    test_authority& operator=(test_authority const&) = delete;
    ~test_authority();

    // For example "ca.crt", "client.crt", "client.key".
    [[nodiscard]] std::string file(std::string const& name) const { return (directory_ / name).string(); }

    // A server's, which demands a certificate of ours from its clients if it is told to.
    [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> server(bool demands_certificate = false) const;
    // One that shows the certificate of this name.
    [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> server_named(std::string const& name) const;

private:
    void run(std::string const& arguments) const;
    void sign(std::string const& name, std::string const& extension, int days = 2) const;

    std::filesystem::path directory_;
};

} // namespace paperboy::test
