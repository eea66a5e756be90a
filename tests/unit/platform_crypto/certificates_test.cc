// The embedded CA, checked by its own readers and, independently, by the stock openssl program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/certificate.h"
#include "platform/certificate_authority.h"
#include "platform/csr.h"
#include "platform/openssl_ptr.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"

namespace muster::platform {
namespace {
using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

// A CSR with names of its own choosing, by any key that OpenSSL knows.
std::string CsrOf(EVP_PKEY* key, const EVP_MD* digest) {
  const X509ReqPtr request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key);
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("root"), -1, -1, 0);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(extensions,
                         X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                             "URI:spiffe://muster.test/operator/ann,DNS:evil"));
  X509_REQ_add_extensions(request.get(), extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_sign(request.get(), key, digest);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return std::string(AsText(BioBytes(bio.get())));
}

PkeyPtr ExplicitCurveKey() {
  const OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1);
  EVP_PKEY_CTX_set_ec_param_enc(context.get(), 0);
  EVP_PKEY_keygen(context.get(), &key);
  return PkeyPtr(key);
}

struct CertificatesTest : testing::Test {
  void SetUp() override {
    std::string pattern = testing::TempDir() + "certificates-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir); }

  std::string Write(const std::string& name, std::string_view text) {
    std::ofstream(dir / name) << text;
    return (dir / name).string();
  }
  // What the openssl program prints, and whether it was content.
  std::pair<bool, std::string> OpenSsl(const std::string& arguments) {
    std::FILE* pipe = popen(("openssl " + arguments + " 2>&1").c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
      out.append(buffer.data(), n);
    return {pclose(pipe) == 0, out};
  }
  CertificateAuthority Ca(const char* domain = "muster.test") {
    return CertificateAuthority::Create(domain, clock, rng).value();
  }

  SystemClock clock;
  OpenSslRng rng;
  std::filesystem::path dir;
  const TlsKey key = TlsKey::Generate().value();
  const std::string csr = MakeCsr(key).value();
  const DeviceId device{"00112233445566778899aabbccddeeff"};
};

TEST_F(CertificatesTest, ADeviceGetsTheIdentityThatTheCaDecides) {
  const auto ca = Ca();
  const auto leaf = ca.IssueDevice(csr, device, hours(24));
  ASSERT_TRUE(leaf.ok()) << leaf.status();
  EXPECT_EQ(SpiffeOf(*leaf)->Uri(), "spiffe://muster.test/device/" + device.value());
  EXPECT_EQ(ca.Verify(*leaf)->Uri(), "spiffe://muster.test/device/" + device.value());
  const auto now = clock.Now();
  EXPECT_LE(*NotBefore(*leaf), now - minutes(5));
  EXPECT_GT(*NotBefore(*leaf), now - minutes(6));
  EXPECT_LE(*NotAfter(*leaf), now + hours(24));
  EXPECT_GT(*NotAfter(*leaf), now + hours(24) - minutes(1));
}

TEST_F(CertificatesTest, StockOpenSslAcceptsEveryKindOfLeafForItsPurposeAndNoOther) {
  const auto ca = Ca();
  const std::string root = Write("ca.pem", ca.certificate_pem());
  const std::string dev = Write("device.pem", ca.IssueDevice(csr, device, hours(1)).value());
  const std::string ann = Write("operator.pem", ca.IssueOperator(csr, "ann", hours(1)).value());
  const std::string srv = Write("server.pem", ca.IssueServer(key, {}, hours(1)).value());
  const auto verify = [&](const std::string& options, const std::string& leaf) {
    return OpenSsl("verify -x509_strict -CAfile " + root + " " + options + " " + leaf).first;
  };
  EXPECT_TRUE(verify("-purpose sslclient", dev));
  EXPECT_TRUE(verify("-purpose sslclient", ann));
  EXPECT_TRUE(verify("-purpose sslclient", srv));
  for (const char* host : {"-verify_hostname localhost", "-verify_ip 127.0.0.1", "-verify_ip ::1"})
    EXPECT_TRUE(verify(std::string("-purpose sslserver ") + host, srv)) << host;
  EXPECT_FALSE(verify("-purpose sslserver", dev));
  EXPECT_FALSE(verify("-purpose sslserver", ann));
  EXPECT_FALSE(verify("-purpose sslserver -verify_hostname example.org", srv));
  const std::string other = Write("other.pem", Ca("other").certificate_pem());
  EXPECT_FALSE(OpenSsl("verify -CAfile " + other + " " + dev).first);
  EXPECT_TRUE(OpenSsl("req -verify -noout -in " + Write("request.pem", csr)).first);
}

TEST_F(CertificatesTest, StockOpenSslPrintsWhatTheLeavesPromise) {
  const auto ca = Ca();
  const auto print = [&](std::string_view pem) {
    return OpenSsl("x509 -noout -text -in " + Write("x.pem", pem)).second;
  };
  const std::string root = print(ca.certificate_pem());
  EXPECT_THAT(root, HasSubstr("CA:TRUE, pathlen:0"));
  EXPECT_THAT(root, HasSubstr("Certificate Sign, CRL Sign"));
  EXPECT_THAT(root, HasSubstr("prime256v1"));
  const std::string leaf = print(ca.IssueDevice(csr, device, hours(1)).value());
  EXPECT_THAT(leaf, HasSubstr("CA:FALSE"));
  EXPECT_THAT(leaf, HasSubstr("URI:spiffe://muster.test/device/" + device.value() + "\n"));
  EXPECT_THAT(leaf, HasSubstr("TLS Web Client Authentication\n"));
  EXPECT_THAT(leaf, Not(HasSubstr("TLS Web Server Authentication")));
  const ServerNames names{.name = "muster-0", .dns = {"muster.example"}, .ips = {"10.1.2.3"}};
  EXPECT_THAT(print(ca.IssueServer(key, names, hours(1)).value()),
              HasSubstr("URI:spiffe://muster.test/server/muster-0, DNS:muster.example, "
                        "IP Address:10.1.2.3\n"));
}

TEST_F(CertificatesTest, NamesInTheRequestAreIgnored) {
  const PkeyPtr foreign(EVP_EC_gen("P-256"));
  const auto ca = Ca();
  const auto leaf = ca.IssueDevice(CsrOf(foreign.get(), EVP_sha256()), device, hours(1));
  ASSERT_TRUE(leaf.ok()) << leaf.status();
  EXPECT_EQ(SpiffeOf(*leaf)->Uri(), "spiffe://muster.test/device/" + device.value());
  const auto text = OpenSsl("x509 -noout -text -in " + Write("x.pem", *leaf)).second;
  EXPECT_THAT(text, Not(HasSubstr("evil")));
  EXPECT_THAT(text, Not(HasSubstr("CN = root")));
}

TEST_F(CertificatesTest, StrongKeysOfEachKindAreServedAndOthersRefused) {
  const auto ca = Ca();
  const auto issue = [&](const PkeyPtr& foreign, const EVP_MD* digest = EVP_sha256()) {
    return ca.IssueDevice(CsrOf(foreign.get(), digest), device, hours(1)).status();
  };
  EXPECT_TRUE(issue(PkeyPtr(EVP_EC_gen("P-256"))).ok());
  EXPECT_TRUE(issue(PkeyPtr(EVP_EC_gen("P-384"))).ok());
  EXPECT_TRUE(issue(PkeyPtr(EVP_RSA_gen(2048))).ok());
  EXPECT_TRUE(issue(PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), nullptr).ok());
  EXPECT_EQ(ReasonOf(issue(PkeyPtr(EVP_RSA_gen(1024)))), Reason::kCSR_INVALID);
  EXPECT_EQ(ReasonOf(issue(PkeyPtr(EVP_EC_gen("P-224")))), Reason::kCSR_INVALID);
  EXPECT_EQ(ReasonOf(issue(PkeyPtr(EVP_EC_gen("secp256k1")))), Reason::kCSR_INVALID);
  EXPECT_EQ(ReasonOf(issue(PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")), nullptr)),
            Reason::kCSR_INVALID);
  EXPECT_EQ(ReasonOf(issue(ExplicitCurveKey())), Reason::kCSR_INVALID);
}

TEST_F(CertificatesTest, ARequestThatIsBrokenOrSignedByAnotherKeyIsRefused) {
  const auto ca = Ca();
  std::string swapped = csr;  // One character of the signature, at the end of the base64 body.
  const auto at = swapped.rfind("\n-----END") - 8;
  swapped[at] = swapped[at] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string(), std::string("hello"), csr.substr(0, 100), swapped,
                                 std::string(16 * 1024, '\n') + csr, ca.certificate_pem()}) {
    const auto leaf = ca.IssueDevice(bad, device, hours(1));
    EXPECT_EQ(leaf.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(leaf.status()), Reason::kCSR_INVALID);
  }
}

TEST_F(CertificatesTest, NamesThatCouldBeMistakenForOthersAreNeverIssued) {
  const auto ca = Ca();
  for (const std::string& name : {std::string(), std::string("a/b"), std::string(".."),
                                  std::string("a,URI:spiffe://x"), std::string(256, 'a')}) {
    EXPECT_EQ(ReasonOf(ca.IssueDevice(csr, DeviceId(name), hours(1)).status()),
              Reason::kNAME_INVALID);
    EXPECT_EQ(ReasonOf(ca.IssueOperator(csr, name, hours(1)).status()), Reason::kNAME_INVALID);
    EXPECT_EQ(ReasonOf(ca.IssueServer(key, {.name = name}, hours(1)).status()),
              Reason::kNAME_INVALID);
  }
  for (const char* dns : {"", "a b", "a,DNS:b", "\n"})
    EXPECT_EQ(ReasonOf(ca.IssueServer(key, {.dns = {dns}}, hours(1)).status()),
              Reason::kFIELD_INVALID);
  for (const char* ip : {"", "localhost", "1.2.3", "1.2.3.4.5", "::g"})
    EXPECT_EQ(ReasonOf(ca.IssueServer(key, {.ips = {ip}}, hours(1)).status()),
              Reason::kFIELD_INVALID);
  EXPECT_EQ(ReasonOf(CertificateAuthority::Create("no/domain", clock, rng).status()),
            Reason::kNAME_INVALID);
}

TEST_F(CertificatesTest, LifetimesArePositiveAndNeverOutliveTheRoot) {
  ManualClock manual(clock.Now());
  const auto ca = CertificateAuthority::Create("muster.test", manual, rng).value();
  EXPECT_EQ(ReasonOf(ca.IssueDevice(csr, device, Duration(0)).status()), Reason::kFIELD_INVALID);
  EXPECT_EQ(ReasonOf(ca.IssueDevice(csr, device, -hours(1)).status()), Reason::kFIELD_INVALID);
  EXPECT_EQ(*NotAfter(ca.IssueDevice(csr, device, Duration::max()).value()),
            *NotAfter(ca.certificate_pem()));
  manual.Advance(hours(24 * 3653));
  EXPECT_EQ(ca.IssueDevice(csr, device, hours(1)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CertificatesTest, VerifyRefusesExpiredForeignAndMisnamedCertificates) {
  ManualClock manual(clock.Now());
  const auto ca = CertificateAuthority::Create("muster.test", manual, rng).value();
  const auto leaf = ca.IssueDevice(csr, device, hours(1)).value();
  EXPECT_TRUE(ca.Verify(leaf).ok());
  for (const std::string& other :
       {Ca().IssueDevice(csr, device, hours(1)).value(),
        Ca("elsewhere").IssueDevice(csr, device, hours(1)).value(), ca.certificate_pem()}) {
    const auto id = ca.Verify(other);
    EXPECT_EQ(id.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ReasonOf(id.status()), Reason::kCERTIFICATE_INVALID);
  }
  manual.Advance(hours(2));
  EXPECT_EQ(ReasonOf(ca.Verify(leaf).status()), Reason::kCERTIFICATE_INVALID);
}

TEST_F(CertificatesTest, ACertificateWithoutOneUriIsNobody) {
  // A root's one URI is a trust domain, not somebody; openssl's own default has none; and two
  // are one too many.
  EXPECT_EQ(ReasonOf(SpiffeOf(Ca().certificate_pem()).status()), Reason::kCERTIFICATE_INVALID);
  const auto self_signed = [&](const std::string& extra) {
    const auto file = (dir / "self.pem").string();
    EXPECT_TRUE(OpenSsl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x "
                        "-keyout /dev/null -out " +
                        file + " " + extra)
                    .first);
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const auto none = SpiffeOf(self_signed("-addext subjectAltName=DNS:x"));
  EXPECT_EQ(none.status().code(), absl::StatusCode::kUnauthenticated);
  const auto two = SpiffeOf(
      self_signed("-addext subjectAltName=URI:spiffe://a/device/b,URI:spiffe://a/device/c"));
  EXPECT_EQ(ReasonOf(two.status()), Reason::kCERTIFICATE_INVALID);
  EXPECT_TRUE(SpiffeOf(self_signed("-addext subjectAltName=URI:spiffe://a/device/b")).ok());
}

TEST_F(CertificatesTest, UnreadableCertificatesAreRefusedByEveryReader) {
  const std::string good = Ca().certificate_pem();
  for (const std::string& bad : {std::string(), std::string("x"), good.substr(0, 90),
                                 std::string(16 * 1024, ' ') + good, csr}) {
    for (const Status& status :
         {SpiffeOf(bad).status(), NotBefore(bad).status(), NotAfter(bad).status(),
          CertificateDer(bad).status(), CertificateDerBase64(bad).status(),
          CertificateFingerprint(bad).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(ReasonOf(status), Reason::kCERTIFICATE_INVALID);
    }
  }
}

TEST_F(CertificatesTest, TheCaLoadsFromItsOwnFilesAndFromNoOthers) {
  const auto ca = Ca();
  const auto again =
      CertificateAuthority::Load(ca.certificate_pem(), ca.key_pem().value(), clock, rng);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->trust_domain(), "muster.test");
  EXPECT_TRUE(ca.Verify(again->IssueDevice(csr, device, hours(1)).value()).ok());
  const auto other = Ca();
  EXPECT_FALSE(
      CertificateAuthority::Load(ca.certificate_pem(), other.key_pem().value(), clock, rng).ok());
  const auto leaf = ca.IssueServer(key, {}, hours(1)).value();
  EXPECT_EQ(ReasonOf(CertificateAuthority::Load(leaf, key.ToPem().value(), clock, rng).status()),
            Reason::kCERTIFICATE_INVALID);
}

TEST_F(CertificatesTest, FingerprintAndBase64AgreeWithStockOpenSsl) {
  const auto pem = Ca().certificate_pem();
  std::string body;
  std::istringstream lines(pem);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("-----")) body += line;
  EXPECT_EQ(CertificateDerBase64(pem).value(), body);
  std::string printed =
      OpenSsl("x509 -noout -fingerprint -sha256 -in " + Write("x.pem", pem)).second;
  std::erase(printed, ':');
  std::string hex = CertificateFingerprint(pem)->Hex();
  std::ranges::transform(hex, hex.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_THAT(printed, HasSubstr(hex));
}

TEST_F(CertificatesTest, NoTwoCertificatesShareASerial) {
  const auto ca = Ca();
  const auto serial = [&] {
    return OpenSsl("x509 -noout -serial -in " +
                   Write("x.pem", ca.IssueDevice(csr, device, hours(1)).value()))
        .second;
  };
  const std::string first = serial();
  EXPECT_GE(first.size(), std::string("serial=").size() + 24);  // 128 bits, leading zeros cut.
  EXPECT_NE(first, serial());
}

}  // namespace
}  // namespace muster::platform
