// Every limit on input from outside, in one place. Sizes in bytes unless said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace planbro {

inline constexpr std::size_t kMaxDocumentBytes = std::size_t{256}
                                                 << 20;  // one JSON or XML document
inline constexpr std::uint32_t kMaxJsonDepth = 64;       // objects and arrays inside each other
inline constexpr std::uint32_t kMaxXmlDepth = 64;  // FHIR XML; source documents have their own
inline constexpr std::size_t kMaxIssuesPerResource = 1000;
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{32} << 10;
inline constexpr std::size_t kMaxBodyBytes = std::size_t{10} << 20;
inline constexpr std::size_t kMaxTransactionEntries = 1000;
inline constexpr std::size_t kMaxPatchOperations = 1000;

}  // namespace planbro
