#include "fhirpath/functions.h"

#include <algorithm>
#include <array>

namespace planbro::fhirpath {
namespace {

using F = Function;
constexpr Arguments kLambda = Arguments::kLambda;
constexpr Arguments kType = Arguments::kType;
constexpr Arguments kValues = Arguments::kValues;
constexpr std::uint8_t kMany = 16;

constexpr auto kFunctions = [] {
  auto table = std::to_array<FunctionInfo>({
      {"abs", F::kAbs, 0, 0},
      {"aggregate", F::kAggregate, 1, 2, kLambda},
      {"all", F::kAll, 1, 1, kLambda},
      {"allFalse", F::kAllFalse, 0, 0},
      {"allTrue", F::kAllTrue, 0, 0},
      {"anyFalse", F::kAnyFalse, 0, 0},
      {"anyTrue", F::kAnyTrue, 0, 0},
      {"as", F::kAs, 1, 1, kType},
      {"avg", F::kAvg, 0, 0},
      {"ceiling", F::kCeiling, 0, 0},
      {"checkModifiers", F::kCheckModifiers, 0, kMany},
      {"children", F::kChildren, 0, 0},
      {"coalesce", F::kCoalesce, 1, kMany},
      {"combine", F::kCombine, 1, 2},
      {"comparable", F::kComparable, 1, 1},
      {"conformsTo", F::kConformsTo, 1, 1},
      {"contains", F::kContains, 1, 1},
      {"convertsToBoolean", F::kConvertsToBoolean, 0, 0},
      {"convertsToDate", F::kConvertsToDate, 0, 0},
      {"convertsToDateTime", F::kConvertsToDateTime, 0, 0},
      {"convertsToDecimal", F::kConvertsToDecimal, 0, 0},
      {"convertsToInteger", F::kConvertsToInteger, 0, 0},
      {"convertsToLong", F::kConvertsToLong, 0, 0},
      {"convertsToQuantity", F::kConvertsToQuantity, 0, 1},
      {"convertsToString", F::kConvertsToString, 0, 0},
      {"convertsToTime", F::kConvertsToTime, 0, 0},
      {"count", F::kCount, 0, 0},
      {"dateOf", F::kDateOf, 0, 0},
      {"dayOf", F::kDayOf, 0, 0},
      {"decode", F::kDecode, 1, 1},
      {"defineVariable", F::kDefineVariable, 1, 2, kLambda},
      {"descendants", F::kDescendants, 0, 0},
      {"distinct", F::kDistinct, 0, 0},
      {"elementDefinition", F::kElementDefinition, 0, 0},
      {"empty", F::kEmpty, 0, 0},
      {"encode", F::kEncode, 1, 1},
      {"endsWith", F::kEndsWith, 1, 1},
      {"escape", F::kEscape, 1, 1},
      {"exclude", F::kExclude, 1, 1},
      {"exists", F::kExists, 0, 1, kLambda},
      {"exp", F::kExp, 0, 0},
      {"extension", F::kExtension, 1, 1},
      {"first", F::kFirst, 0, 0, kValues, true},
      {"floor", F::kFloor, 0, 0},
      {"getValue", F::kGetValue, 0, 0},
      {"hasExtension", F::kHasExtension, 1, 1},
      {"hasValue", F::kHasValue, 0, 0},
      {"highBoundary", F::kHighBoundary, 0, 1},
      {"hourOf", F::kHourOf, 0, 0},
      {"htmlChecks", F::kHtmlChecks, 0, 0},
      {"iif", F::kIif, 2, 3, kLambda},
      {"indexOf", F::kIndexOf, 1, 1},
      {"intersect", F::kIntersect, 1, 1},
      {"is", F::kIs, 1, 1, kType},
      {"isDistinct", F::kIsDistinct, 0, 0},
      {"join", F::kJoin, 0, 1},
      {"last", F::kLast, 0, 0, kValues, true},
      {"lastIndexOf", F::kLastIndexOf, 1, 1},
      {"length", F::kLength, 0, 0},
      {"ln", F::kLn, 0, 0},
      {"log", F::kLog, 1, 1},
      {"lowBoundary", F::kLowBoundary, 0, 1},
      {"lower", F::kLower, 0, 0},
      {"matches", F::kMatches, 1, 2},
      {"matchesFull", F::kMatchesFull, 1, 2},
      {"max", F::kMax, 0, 0},
      {"memberOf", F::kMemberOf, 1, 1},
      {"millisecondOf", F::kMillisecondOf, 0, 0},
      {"min", F::kMin, 0, 0},
      {"minuteOf", F::kMinuteOf, 0, 0},
      {"monthOf", F::kMonthOf, 0, 0},
      {"not", F::kNot, 0, 0},
      {"now", F::kNow, 0, 0},
      {"ofType", F::kOfType, 1, 1, kType},
      {"power", F::kPower, 1, 1},
      {"precision", F::kPrecision, 0, 0},
      {"repeat", F::kRepeat, 1, 1, kLambda},
      {"repeatAll", F::kRepeatAll, 1, 1, kLambda},
      {"replace", F::kReplace, 2, 2},
      {"replaceMatches", F::kReplaceMatches, 2, 3},
      {"resolve", F::kResolve, 0, 0},
      {"round", F::kRound, 0, 1},
      {"secondOf", F::kSecondOf, 0, 0},
      {"select", F::kSelect, 1, 1, kLambda},
      {"single", F::kSingle, 0, 0},
      {"skip", F::kSkip, 1, 1, kValues, true},
      {"slice", F::kSlice, 2, 2},
      {"sort", F::kSort, 0, kMany, kLambda},
      {"split", F::kSplit, 1, 1},
      {"sqrt", F::kSqrt, 0, 0},
      {"startsWith", F::kStartsWith, 1, 1},
      {"subsetOf", F::kSubsetOf, 1, 1},
      {"substring", F::kSubstring, 1, 2},
      {"subsumedBy", F::kSubsumedBy, 1, 1},
      {"subsumes", F::kSubsumes, 1, 1},
      {"sum", F::kSum, 0, 0},
      {"supersetOf", F::kSupersetOf, 1, 1},
      {"tail", F::kTail, 0, 0, kValues, true},
      {"take", F::kTake, 1, 1, kValues, true},
      {"timeOf", F::kTimeOf, 0, 0},
      {"timeOfDay", F::kTimeOfDay, 0, 0},
      {"timezoneOffsetOf", F::kTimezoneOffsetOf, 0, 0},
      {"toBoolean", F::kToBoolean, 0, 0},
      {"toChars", F::kToChars, 0, 0},
      {"toDate", F::kToDate, 0, 0},
      {"toDateTime", F::kToDateTime, 0, 0},
      {"toDecimal", F::kToDecimal, 0, 0},
      {"toInteger", F::kToInteger, 0, 0},
      {"toLong", F::kToLong, 0, 0},
      {"toQuantity", F::kToQuantity, 0, 1},
      {"toString", F::kToString, 0, 0},
      {"toTime", F::kToTime, 0, 0},
      {"today", F::kToday, 0, 0},
      {"trace", F::kTrace, 1, 2, kLambda},
      {"trim", F::kTrim, 0, 0},
      {"truncate", F::kTruncate, 0, 0},
      {"type", F::kType, 0, 0},
      {"unescape", F::kUnescape, 1, 1},
      {"union", F::kUnion, 1, 1},
      {"upper", F::kUpper, 0, 0},
      {"where", F::kWhere, 1, 1, kLambda},
      {"yearOf", F::kYearOf, 0, 0},
  });
  std::ranges::sort(table, {}, &FunctionInfo::name);
  return table;
}();

}  // namespace

const FunctionInfo* findFunction(std::string_view name) {
  const auto found = std::ranges::lower_bound(kFunctions, name, {}, &FunctionInfo::name);
  return found != kFunctions.end() && found->name == name ? &*found : nullptr;
}

const FunctionInfo& infoOf(Function function) {
  return *std::ranges::find(kFunctions, function, &FunctionInfo::function);
}

}  // namespace planbro::fhirpath
