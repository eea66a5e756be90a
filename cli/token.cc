// muster token create, list: the rights of new devices to join, from the enrolment authority.
#include <muster/v1/authority.grpc.pb.h>

#include "base/join_token.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::uint32_t uses = 1;
  std::string lifetime = "24h", name_prefix, out;
  std::vector<std::string> labels;
};

StatusOr<v1::CreateTokenRequest> RequestOf(const Arguments& arguments) {
  v1::CreateTokenRequest request;
  request.set_uses(arguments.uses);
  MUSTER_TRY(ParseDuration(arguments.lifetime).status());
  request.set_lifetime(arguments.lifetime);
  request.set_name_prefix(arguments.name_prefix);
  for (const std::string& label : arguments.labels) {
    const std::size_t at = label.find('=');
    if (at == 0 || at == std::string::npos)
      return InvalidArgument("--label {}: expected key=value", label);
    (*request.mutable_labels())[label.substr(0, at)] = label.substr(at + 1);
  }
  return request;
}

StatusOr<Secret> JoinText(const v1::CreateTokenReply& reply) {
  JoinToken token;
  token.id = reply.token_id();
  MUSTER_ASSIGN(token.authority, Endpoint::Parse(reply.authority()));
  MUSTER_ASSIGN(token.coordinator, Endpoint::Parse(reply.coordinator()));
  return EncodeJoinToken(JoinToken{.id = std::move(token.id),
                                   .secret = Secret::FromText(reply.token_secret()),
                                   .authority = std::move(token.authority),
                                   .authority_ca_pem = reply.authority_ca_pem(),
                                   .coordinator = std::move(token.coordinator),
                                   .coordinator_ca_pem = reply.coordinator_ca_pem()});
}

// What may be shown of a token: everything but its secret.
Status Tell(Shell& shell, const Arguments& arguments, const v1::CreateTokenReply& reply) {
  v1::ListTokensReply::Token token;
  token.set_token_id(reply.token_id());
  token.set_uses(arguments.uses);
  token.set_expires_unix_ms(reply.expires_unix_ms());
  token.set_name_prefix(arguments.name_prefix);
  return shell.Show(token, [&] {
    return fmt::format("token {} for {} device(s), expires {}, written to {}\n",
                       Clean(reply.token_id()), arguments.uses,
                       Ago(shell.world.clock.Now(), reply.expires_unix_ms()), arguments.out);
  });
}

Status Create(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const v1::CreateTokenRequest request, RequestOf(arguments));
  MUSTER_ASSIGN(Link* const link, shell.Authority());
  MUSTER_ASSIGN(v1::CreateTokenReply reply,
                shell.AskOn(*link, &v1::AuthorityService::Stub::CreateToken, request));
  MUSTER_ASSIGN(const Secret text, JoinText(reply));
  if (!arguments.out.empty()) {
    MUSTER_TRY(shell.world.disk.WritePrivate(arguments.out, text));
    return Tell(shell, arguments, reply);
  }
  shell.world.screen.Err(
      "warning: whoever reads this token can enrol devices, and it is shown only "
      "once; --out FILE keeps it off the screen\n");
  shell.world.screen.Out(std::string(AsText(text.Reveal())) + "\n");
  return Ok();
}

Status List(Shell& shell) {
  MUSTER_ASSIGN(Link* const link, shell.Authority());
  MUSTER_ASSIGN(const auto list, shell.AskOn(*link, &v1::AuthorityService::Stub::ListTokens, {}));
  return shell.Show(list, [&] { return TokenTable(list, shell.world.clock.Now()); });
}

}  // namespace

void AddToken(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* token = app.add_subcommand("token", "Join tokens for new devices");
  token->require_subcommand(1);
  token->footer(
      "\nExamples:\n  muster token create --uses 100 --lifetime 1h --out join.token\n"
      "  muster token create --name-prefix engine- --label site=hamburg --out join.token");
  CLI::App* create = token->add_subcommand("create", "Make a token");
  create->add_option("--uses", arguments->uses, "Devices that may join with it")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  create->add_option("--lifetime", arguments->lifetime, "How long it is good: 30m, 24h, 7d")
      ->capture_default_str();
  create->add_option("--name-prefix", arguments->name_prefix, "Their names must start so")
      ->type_name("P");
  create->add_option("--label", arguments->labels, "Given to each of them, over its own")
      ->type_name("KEY=VALUE");
  create->add_option("--out", arguments->out, "File for it, readable by you alone")
      ->type_name("FILE");
  shell.On(create, [&shell, arguments] { return Create(shell, *arguments); });
  shell.On(token->add_subcommand("list", "List tokens, never their secrets"),
           [&shell] { return List(shell); });
}

}  // namespace muster::cli
