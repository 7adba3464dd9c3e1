#include "validation/primitives.h"

#include <gtest/gtest.h>

namespace planbro::validation {
namespace {

struct Case {
  const char* type;
  const char* text;
  bool valid;
};

constexpr Case kCases[] = {
    {"boolean", "true", true},
    {"boolean", "yes", false},
    {"integer", "0", true},
    {"integer", "-12", true},
    {"integer", "012", false},
    {"integer", "2147483647", true},
    {"integer", "2147483648", false},
    {"unsignedInt", "-1", false},
    {"positiveInt", "0", false},
    {"positiveInt", "1", true},
    {"decimal", "1.50", true},
    {"decimal", "-0.1e-3", true},
    {"decimal", "01.5", false},
    {"decimal", "1.", false},
    {"date", "2024", true},
    {"date", "2024-02-29", true},
    {"date", "2023-02-29", false},
    {"date", "2024-13", false},
    {"date", "2024-1-1", false},
    {"dateTime", "2024-02", true},
    {"dateTime", "2024-02-03T10:11:12Z", true},
    {"dateTime", "2024-02-03T10:11:12.5+01:00", true},
    {"dateTime", "2024-02-03T10:11:12", false},
    {"dateTime", "2024-02-03T10:11Z", false},
    {"dateTime", "2024-02-03T25:00:00Z", false},
    {"instant", "2024-02-03", false},
    {"instant", "2024-02-03T10:11:12Z", true},
    {"time", "10:11:12", true},
    {"time", "24:00:00", false},
    {"code", "a b", true},
    {"code", " a", false},
    {"code", "a  b", false},
    {"id", "a-1.B", true},
    {"id", "a_1", false},
    {"id", "0123456789012345678901234567890123456789012345678901234567890123", true},
    {"id", "01234567890123456789012345678901234567890123456789012345678901234", false},
    {"oid", "urn:oid:2.16.578.1.12.4.1.4.1", true},
    {"oid", "urn:oid:2.16.578.01", false},
    {"oid", "2.16.578", false},
    {"uuid", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", true},
    {"uuid", "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", false},
    {"uri", "http://example.org/x", true},
    {"uri", "http://example.org/a b", false},
    {"uri", "urn:oid:9.1", false},
    {"canonical", "http://example.org/x|1.0", true},
    {"url", "https://example.org", true},
    {"base64Binary", "aGVp", true},
    {"base64Binary", "aGV", false},
    {"base64Binary", "a===", false},
    {"string", "hei", true},
    {"string", "   ", false},
    {"string", "a\x01", false},
    {"markdown", "*hei*\n", true},
};

TEST(PrimitivesTest, EveryFormatAcceptsAndRefusesAsTheSpecificationSays) {
  for (const Case& wanted : kCases) {
    const Primitive primitive = primitiveOf(wanted.type);
    ASSERT_NE(primitive, Primitive::kNone) << wanted.type;
    EXPECT_EQ(hasFormat(primitive, wanted.text), wanted.valid) << wanted.type << " " << wanted.text;
  }
}

TEST(PrimitivesTest, OtherTypesAreNoPrimitives) {
  EXPECT_EQ(primitiveOf("Quantity"), Primitive::kNone);
  EXPECT_EQ(primitiveOf("http://hl7.org/fhirpath/System.String"), Primitive::kString);
}

}  // namespace
}  // namespace planbro::validation
