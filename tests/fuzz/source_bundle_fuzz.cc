// Any bytes as they are, and as the plan or the message of files that are otherwise whole (PDF,
// message, archive package): one record, with a Bundle or a reason why not, and with the bytes as
// they came.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "mapping/source_bundle.h"
#include "support/plan_carriers.h"
#include "support/zip.h"

namespace {

namespace testing = planbro::testing_support;

// A file in memory, written anew for every input.
class InputFile {
 public:
  InputFile() : file_(::memfd_create("input", 0)) {}
  void write(const std::string& bytes) const {
    if (file_ < 0 || ::ftruncate(file_, 0) != 0 ||
        ::pwrite(file_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

void read(const std::string& bytes) {
  static const InputFile file;
  file.write(bytes);
  const auto reader =
      planbro::mapping::openBundleSource({file.path()}, planbro::fhir::Definitions::r4());
  const auto record = reader->next();
  if (!record || record->original != bytes || reader->next()) std::abort();
  if ((record->document == nullptr) != planbro::fhir::hasErrors(record->issues)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read(testing::pdfOf(testing::pdfCarrying(bytes)));
  read(testing::messageWith({testing::pdfOf(testing::pdfCarrying(bytes))}));
  read(testing::messageWith({bytes}));
  const std::string message = "<arkivmelding>" +
                              testing::archiveObject("plan", "application/fhir+json", bytes) +
                              "</arkivmelding>";
  read(testing::zipped({{"arkivmelding.xml", message}, {"plan", bytes}}));
  read(testing::zipped({{"arkivmelding.xml", bytes}, {"plan", "{}"}}));
  return 0;
}
