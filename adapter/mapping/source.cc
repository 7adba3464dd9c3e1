#include "mapping/source.h"

#include "mapping/source_csv.h"
#include "mapping/source_files.h"
#include "mapping/source_json.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {

Result<std::unique_ptr<SourceReader>> openSource(const SourceDescriptor& descriptor,
                                                 std::vector<std::filesystem::path> inputs,
                                                 const fhir::Definitions& definitions) {
  std::vector<std::string> endings = descriptor.files;
  if (endings.empty() && descriptor.format == SourceFormat::kXml) endings = {".xml"};
  if (endings.empty() && descriptor.format == SourceFormat::kJson)
    endings = {".json", ".ndjson", ".jsonl"};
  if (descriptor.format == SourceFormat::kCsv) {
    for (const std::filesystem::path& input : inputs) {
      std::error_code error;
      if (!std::filesystem::exists(input, error))
        return fail(ErrorCode::kIo, input.string() + " does not exist");
    }
    return openCsvSource(descriptor, std::move(inputs), definitions);
  }
  PLANBRO_ASSIGN_OR_RETURN(const auto files, sourceFiles(inputs, endings));
  if (descriptor.format == SourceFormat::kXml) return openXmlSource(descriptor, files, definitions);
  return openJsonSource(descriptor, files, definitions);
}

}  // namespace planbro::mapping
