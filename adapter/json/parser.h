// JSON text to a document, with every fault of the text found and placed.
//
// RFC 8259, and stricter where FHIR data need it: duplicate member names, NUL, lone surrogates,
// anything behind the value and more depth than asked for are errors. A byte-order mark is passed
// over. Input is hostile: the depth is bounded, memory is a small multiple of the text.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "base/limits.h"
#include "json/document.h"
#include "json/names.h"

namespace planbro::json {

enum class ParseErrorCode {
  kTooLarge,
  kEmpty,
  kEncoding,  // not UTF-8
  kNul,
  kSyntax,
  kTooDeep,
  kDuplicateName,
  kLoneSurrogate,
  kTrailing,  // something stands behind the value
};

struct ParseError {
  ParseErrorCode code = ParseErrorCode::kSyntax;
  std::uint32_t offset = 0;
  Position position;
  std::string message;  // English; names no value of the data
};

struct ParseOptions {
  std::uint32_t max_depth = kMaxJsonDepth;
  std::size_t max_bytes = kMaxDocumentBytes;
  // Names found here get their table entry; others live in the document. May be nullptr. The
  // table must outlive the document.
  const NameTable* names = nullptr;
  // Called with the finished tree before it becomes immutable, so that a layer above can set tag,
  // label and the upper flags.
  std::function<void(DocumentMaker&)> bind;
};

// Takes the text over; nodes point into it.
std::expected<DocumentPtr, ParseError> parse(std::string text, const ParseOptions& options = {});

}  // namespace planbro::json
