// The functions an expression can call. Internal to fhirpath/.
// Source: FHIRPath 2.0, sections 5 and 6; FHIR R4 fhirpath.html, section 2.9; later additions of
// FHIRPath 3.0 (ballot) where they are new names.
#pragma once

#include <cstdint>
#include <string_view>

namespace planbro::fhirpath {

enum class Function : std::uint8_t {
  kNone,
  // Existence
  kEmpty,
  kExists,
  kAll,
  kAllTrue,
  kAnyTrue,
  kAllFalse,
  kAnyFalse,
  kSubsetOf,
  kSupersetOf,
  kCount,
  kDistinct,
  kIsDistinct,
  kNot,
  // Filtering and projection
  kWhere,
  kSelect,
  kRepeat,
  kRepeatAll,
  kOfType,
  kCoalesce,
  // Subsetting and combining
  kSingle,
  kFirst,
  kLast,
  kTail,
  kSkip,
  kTake,
  kIntersect,
  kExclude,
  kUnion,
  kCombine,
  kSort,
  // Conversion
  kIif,
  kToBoolean,
  kConvertsToBoolean,
  kToInteger,
  kConvertsToInteger,
  kToLong,
  kConvertsToLong,
  kToDecimal,
  kConvertsToDecimal,
  kToString,
  kConvertsToString,
  kToDate,
  kConvertsToDate,
  kToDateTime,
  kConvertsToDateTime,
  kToTime,
  kConvertsToTime,
  kToQuantity,
  kConvertsToQuantity,
  // Text
  kIndexOf,
  kLastIndexOf,
  kSubstring,
  kStartsWith,
  kEndsWith,
  kContains,
  kUpper,
  kLower,
  kReplace,
  kMatches,
  kMatchesFull,
  kReplaceMatches,
  kLength,
  kToChars,
  kTrim,
  kSplit,
  kJoin,
  kEncode,
  kDecode,
  kEscape,
  kUnescape,
  // Mathematics
  kAbs,
  kCeiling,
  kExp,
  kFloor,
  kLn,
  kLog,
  kPower,
  kRound,
  kSqrt,
  kTruncate,
  kSum,
  kMin,
  kMax,
  kAvg,
  // Navigation, types, time
  kChildren,
  kDescendants,
  kIs,
  kAs,
  kType,
  kTrace,
  kNow,
  kTimeOfDay,
  kToday,
  kAggregate,
  kDefineVariable,
  kYearOf,
  kMonthOf,
  kDayOf,
  kHourOf,
  kMinuteOf,
  kSecondOf,
  kMillisecondOf,
  kTimezoneOffsetOf,
  kDateOf,
  kTimeOf,
  // Boundaries
  kLowBoundary,
  kHighBoundary,
  kPrecision,
  kComparable,
  // FHIR
  kExtension,
  kHasExtension,
  kHasValue,
  kGetValue,
  kResolve,
  kMemberOf,
  kSubsumes,
  kSubsumedBy,
  kConformsTo,
  kHtmlChecks,
  kElementDefinition,
  kSlice,
  kCheckModifiers,

};

// How arguments are to be understood.
enum class Arguments : std::uint8_t {
  kValues,  // evaluated once, in the context of the whole call
  kLambda,  // evaluated for each item, with $this and $index
  kType,    // the first is a type name
};

struct FunctionInfo {
  std::string_view name;
  Function function = Function::kNone;
  std::uint8_t min_arguments = 0;
  std::uint8_t max_arguments = 0;
  Arguments arguments = Arguments::kValues;
  // Depends on the order of its input.
  bool ordered = false;
};

// nullptr if there is no such function.
const FunctionInfo* findFunction(std::string_view name);
const FunctionInfo& infoOf(Function function);

}  // namespace planbro::fhirpath
