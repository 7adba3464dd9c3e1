#include "mapping/source.h"

#include "mapping/source_bundle.h"
#include "mapping/source_csv.h"
#include "mapping/source_files.h"
#include "mapping/source_json.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {

std::vector<std::string> sourceEndings(const SourceDescriptor& descriptor) {
  if (!descriptor.files.empty()) return descriptor.files;
  switch (descriptor.format) {
    case SourceFormat::kXml:
      return {".xml"};
    case SourceFormat::kJson:
      return {".json", ".ndjson", ".jsonl"};
    case SourceFormat::kXlsx:
      return {".xlsx"};
    case SourceFormat::kBundle:
      return {".json", ".pdf", ".zip", ".xml"};
    case SourceFormat::kCsv:
      break;
  }
  return {".csv"};
}

Result<std::unique_ptr<SourceReader>> openSource(const SourceDescriptor& descriptor,
                                                 std::vector<std::filesystem::path> inputs,
                                                 const fhir::Definitions& definitions) {
  if (descriptor.format == SourceFormat::kCsv) {
    for (const std::filesystem::path& input : inputs) {
      std::error_code error;
      if (!std::filesystem::exists(input, error))
        return fail(ErrorCode::kIo, input.string() + " does not exist");
    }
    return openCsvSource(descriptor, std::move(inputs), definitions);
  }
  PLANBRO_ASSIGN_OR_RETURN(const auto files, sourceFiles(inputs, sourceEndings(descriptor)));
  if (descriptor.format == SourceFormat::kXlsx)
    return openCsvSource(descriptor, files, definitions);
  if (descriptor.format == SourceFormat::kXml) return openXmlSource(descriptor, files, definitions);
  if (descriptor.format == SourceFormat::kBundle) return openBundleSource(files, definitions);
  return openJsonSource(descriptor, files, definitions);
}

Result<std::unique_ptr<SourceReader>> openKept(const SourceDescriptor& descriptor,
                                               const std::filesystem::path& kept,
                                               const fhir::Definitions& definitions) {
  const bool tables =
      descriptor.format == SourceFormat::kCsv || descriptor.format == SourceFormat::kXlsx;
  if (tables) return openCsvSource(descriptor, {kept}, definitions);
  if (descriptor.format == SourceFormat::kXml)
    return openXmlSource(descriptor, {kept}, definitions);
  if (descriptor.format == SourceFormat::kBundle) return openBundleSource({kept}, definitions);
  return openKeptJson(descriptor, kept, definitions);
}

}  // namespace planbro::mapping
