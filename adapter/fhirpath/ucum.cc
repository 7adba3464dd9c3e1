#include "fhirpath/ucum.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace planbro::fhirpath {
namespace {

using Coefficient = Decimal::Coefficient;

constexpr int kMaxNesting = 16;

struct Prefix {
  std::string_view code;
  int exponent;
};

constexpr auto kPrefixes = std::to_array<Prefix>({
    {"Y", 24}, {"Z", 21},  {"E", 18},  {"P", 15},  {"T", 12},  {"G", 9},   {"M", 6},
    {"k", 3},  {"h", 2},   {"da", 1},  {"d", -1},  {"c", -2},  {"m", -3},  {"u", -6},
    {"n", -9}, {"p", -12}, {"f", -15}, {"a", -18}, {"z", -21}, {"y", -24},
});

// A unit by its definition: `amount` of `definition`, or a base dimension.
struct Atom {
  std::string_view code;
  bool metric;
  std::string_view amount;       // decimal
  std::string_view definition;   // UCUM code; "" for base units and arbitrary ones
  int dimension = -1;            // of a base unit; -2: arbitrary
  std::string_view offset = {};  // of a scale with another origin
};

constexpr auto kAtoms = std::to_array<Atom>({
    {"m", true, "1", "", 0},
    {"s", true, "1", "", 1},
    {"g", true, "1", "", 2},
    {"rad", true, "1", "", 3},
    {"K", true, "1", "", 4},
    {"C", true, "1", "", 5},
    {"cd", true, "1", "", 6},
    {"10*", false, "10", "1"},
    {"10^", false, "10", "1"},
    {"[pi]", false, "3.1415926535897932384626433832795", "1"},
    {"%", false, "0.01", "1"},
    {"[ppth]", false, "0.001", "1"},
    {"[ppm]", false, "0.000001", "1"},
    {"[ppb]", false, "0.000000001", "1"},
    {"[pptr]", false, "0.000000000001", "1"},
    {"mol", true, "602213670000000000000000", "1"},
    {"sr", true, "1", "rad2"},
    {"Hz", true, "1", "s-1"},
    {"N", true, "1", "kg.m/s2"},
    {"Pa", true, "1", "N/m2"},
    {"J", true, "1", "N.m"},
    {"W", true, "1", "J/s"},
    {"A", true, "1", "C/s"},
    {"V", true, "1", "J/C"},
    {"F", true, "1", "C/V"},
    {"Ohm", true, "1", "V/A"},
    {"S", true, "1", "Ohm-1"},
    {"Wb", true, "1", "V.s"},
    {"T", true, "1", "Wb/m2"},
    {"H", true, "1", "Wb/A"},
    {"lm", true, "1", "cd.sr"},
    {"lx", true, "1", "lm/m2"},
    {"Bq", true, "1", "s-1"},
    {"Gy", true, "1", "J/kg"},
    {"Sv", true, "1", "J/kg"},
    {"kat", true, "1", "mol/s"},
    {"gon", false, "0.9", "deg"},
    {"deg", false, "2", "[pi].rad/360"},
    {"'", false, "1", "deg/60"},
    {"''", false, "1", "deg/3600"},
    {"l", true, "1", "dm3"},
    {"L", true, "1", "dm3"},
    {"ar", true, "100", "m2"},
    {"min", false, "60", "s"},
    {"h", false, "3600", "s"},
    {"d", false, "86400", "s"},
    {"wk", false, "604800", "s"},
    {"a", false, "31557600", "s"},
    {"a_j", false, "31557600", "s"},
    {"a_g", false, "31556952", "s"},
    {"a_t", false, "31556925.216", "s"},
    {"mo", false, "2629800", "s"},
    {"mo_j", false, "2629800", "s"},
    {"mo_g", false, "2629746", "s"},
    {"mo_s", false, "2551442.976", "s"},
    {"t", true, "1000000", "g"},
    {"bar", true, "100000", "Pa"},
    {"u", true, "0.0000000000000000000000016605402", "g"},
    {"eV", true, "0.000000000000000000160217733", "J"},
    {"AU", false, "149597.870691", "Mm"},
    {"pc", true, "30856780000000000", "m"},
    {"[c]", true, "299792458", "m/s"},
    {"[g]", true, "9.80665", "m/s2"},
    {"gf", true, "1", "g.[g]"},
    {"[lbf_av]", false, "1", "[lb_av].[g]"},
    {"Ky", true, "1", "cm-1"},
    {"Gal", true, "1", "cm/s2"},
    {"dyn", true, "1", "g.cm/s2"},
    {"erg", true, "1", "dyn.cm"},
    {"P", true, "1", "dyn.s/cm2"},
    {"St", true, "1", "cm2/s"},
    {"G", true, "0.0001", "T"},
    {"Ci", true, "37000000000", "Bq"},
    {"R", true, "0.000258", "C/kg"},
    {"RAD", true, "100", "erg/g"},
    {"REM", true, "1", "RAD"},
    {"Cel", true, "1", "K", -1, "273.15"},
    {"[degF]", false, "5", "K/9", -1, "459.67"},
    {"[degR]", false, "5", "K/9"},
    {"[in_i]", false, "2.54", "cm"},
    {"[ft_i]", false, "12", "[in_i]"},
    {"[yd_i]", false, "3", "[ft_i]"},
    {"[mi_i]", false, "5280", "[ft_i]"},
    {"[fth_i]", false, "6", "[ft_i]"},
    {"[nmi_i]", false, "1852", "m"},
    {"[kn_i]", false, "1", "[nmi_i]/h"},
    {"[sin_i]", false, "1", "[in_i]2"},
    {"[sft_i]", false, "1", "[ft_i]2"},
    {"[syd_i]", false, "1", "[yd_i]2"},
    {"[cin_i]", false, "1", "[in_i]3"},
    {"[cft_i]", false, "1", "[ft_i]3"},
    {"[in_us]", false, "100", "m/3937"},
    {"[ft_us]", false, "1200", "m/3937"},
    {"[acr_us]", false, "43560", "[ft_us]2"},
    {"[gal_us]", false, "231", "[in_i]3"},
    {"[qt_us]", false, "57.75", "[in_i]3"},
    {"[pt_us]", false, "28.875", "[in_i]3"},
    {"[gil_us]", false, "7.21875", "[in_i]3"},
    {"[foz_us]", false, "1.8046875", "[in_i]3"},
    {"[fdr_us]", false, "0.2255859375", "[in_i]3"},
    {"[tbs_us]", false, "0.90234375", "[in_i]3"},
    {"[tsp_us]", false, "0.30078125", "[in_i]3"},
    {"[cup_us]", false, "14.4375", "[in_i]3"},
    {"[foz_m]", false, "30", "mL"},
    {"[cup_m]", false, "240", "mL"},
    {"[tsp_m]", false, "5", "mL"},
    {"[tbs_m]", false, "15", "mL"},
    {"[gal_br]", false, "4.54609", "l"},
    {"[pt_br]", false, "0.56826125", "l"},
    {"[foz_br]", false, "28.4130625", "mL"},
    {"[gr]", false, "64.79891", "mg"},
    {"[lb_av]", false, "453.59237", "g"},
    {"[oz_av]", false, "28.349523125", "g"},
    {"[dr_av]", false, "1.7718451953125", "g"},
    {"[stone_av]", false, "14", "[lb_av]"},
    {"[ston_av]", false, "2000", "[lb_av]"},
    {"[lton_av]", false, "2240", "[lb_av]"},
    {"[oz_tr]", false, "31.1034768", "g"},
    {"[lb_tr]", false, "373.2417216", "g"},
    {"[oz_ap]", false, "31.1034768", "g"},
    {"[lb_ap]", false, "373.2417216", "g"},
    {"[oz_m]", false, "28", "g"},
    {"[psi]", false, "1", "[lbf_av]/[sin_i]"},
    {"att", false, "98066.5", "Pa"},
    {"atm", false, "101325", "Pa"},
    {"m[H2O]", true, "9806.65", "Pa"},
    {"m[Hg]", true, "133322", "Pa"},
    {"[in_i'H2O]", false, "249.08891", "Pa"},
    {"[in_i'Hg]", false, "3386.3788", "Pa"},
    {"[PRU]", false, "1", "mm[Hg].s/ml"},
    {"cal", true, "4.184", "J"},
    {"cal_th", true, "4.184", "J"},
    {"cal_IT", true, "4.1868", "J"},
    {"[Cal]", false, "4184", "J"},
    {"[Btu]", false, "1055.056", "J"},
    {"[HP]", false, "745.69987158227022", "W"},
    {"[diop]", false, "1", "m-1"},
    {"[Ch]", false, "1", "mm/[pi]"},
    {"eq", true, "1", "mol"},
    {"osm", true, "1", "mol"},
    {"g%", true, "1", "g/dl"},
    {"U", true, "1", "umol/min"},
    {"[CFU]", false, "1", "", -2},
    {"[PFU]", false, "1", "", -2},
    {"[iU]", true, "1", "", -2},
    {"[IU]", true, "1", "", -2},
    {"[arb'U]", false, "1", "", -2},
    {"[USP'U]", false, "1", "", -2},
    {"[GPL'U]", false, "1", "", -2},
    {"[MPL'U]", false, "1", "", -2},
    {"[APL'U]", false, "1", "", -2},
    {"[beth'U]", false, "1", "", -2},
    {"[anti'Xa'U]", false, "1", "", -2},
    {"[todd'U]", false, "1", "", -2},
    {"[CCID_50]", false, "1", "", -2},
    {"[TCID_50]", false, "1", "", -2},
    {"[EID_50]", false, "1", "", -2},
    {"[FFU]", false, "1", "", -2},
    {"[BAU]", false, "1", "", -2},
    {"[AU]", false, "1", "", -2},
    {"[Amb'a'1'U]", false, "1", "", -2},
    {"[D'ag'U]", false, "1", "", -2},
    {"[ELU]", false, "1", "", -2},
    {"[EU]", false, "1", "", -2},
    {"[knk'U]", false, "1", "", -2},
    {"[mclg'U]", false, "1", "", -2},
    {"[tb'U]", false, "1", "", -2},
    {"[Lf]", false, "1", "", -2},
    {"[hp_X]", false, "1", "", -2},
    {"[hp_C]", false, "1", "", -2},
    {"[drp]", false, "0.05", "ml"},
    {"[HPF]", false, "1", "1"},
    {"[LPF]", false, "100", "1"},
    {"[RFU]", false, "1", "", -2},
    {"[MET]", false, "3.5", "mL/min/kg"},
    {"[car_m]", false, "0.2", "g"},
    {"[car_Au]", false, "1", "1/24"},
    {"[smoot]", false, "67", "[in_i]"},
    {"b", true, "100", "fm2"},
    {"[pH]", false, "1", "", -2},
    {"Np", true, "1", "", -2},
    {"B", true, "1", "", -2},
    {"B[SPL]", true, "1", "", -2},
    {"bit", true, "1", "1"},
    {"By", true, "8", "bit"},
    {"Bd", true, "1", "s-1"},
});

const Atom* findAtom(std::string_view code) {
  const auto found = std::ranges::find(kAtoms, code, &Atom::code);
  return found == kAtoms.end() ? nullptr : &*found;
}

constexpr Coefficient kHalfOfDigits = 10'000'000'000'000'000'000U;

Coefficient magnitude(Coefficient c) { return c < 0 ? -c : c; }

// In lowest terms, without tens that the exponent can hold.
Factor tidied(Factor f) {
  if (f.coefficient == 0) return {0, 0};
  if (f.divisor != 1) {
    Coefficient a = magnitude(f.coefficient);
    Coefficient b = f.divisor;
    while (b != 0) a = std::exchange(b, a % b);
    f.coefficient /= a;
    f.divisor /= a;
  }
  while (f.coefficient % 10 == 0) {
    f.coefficient /= 10;
    ++f.exponent;
  }
  while (f.divisor % 10 == 0) {
    f.divisor /= 10;
    --f.exponent;
  }
  return f;
}

// One decimal digit fewer, rounded.
void shorten(Factor& f) {
  const Coefficient half = f.coefficient < 0 ? -5 : 5;
  f.coefficient = (f.coefficient + half) / 10;
  ++f.exponent;
}

// The same with divisor 1, rounded where there are no digits left. A divisor too long to leave the
// quotient half of the digits is shortened: what is not nothing never becomes nothing.
Factor divided(Factor f) {
  f = tidied(f);
  Coefficient wider;
  while (f.coefficient % f.divisor != 0 &&
         !__builtin_mul_overflow(f.coefficient, Coefficient{10}, &wider)) {
    f.coefficient = wider;
    --f.exponent;
  }
  if (f.coefficient % f.divisor != 0) {
    for (; f.divisor > kHalfOfDigits; --f.exponent) f.divisor = (f.divisor + 5) / 10;
  }
  Coefficient quotient = f.coefficient / f.divisor;
  if (magnitude(f.coefficient % f.divisor) > f.divisor / 2) quotient += f.coefficient < 0 ? -1 : 1;
  return tidied({quotient, f.exponent});
}

std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

void multiplyInto(Unit& unit, const Unit& other, int power) {
  for (int i = 0; i < std::abs(power); ++i) {
    for (std::size_t d = 0; d < unit.dimensions.size(); ++d) {
      const int sum = unit.dimensions[d] + (power < 0 ? -other.dimensions[d] : other.dimensions[d]);
      unit.dimensions[d] = static_cast<std::int8_t>(std::clamp(sum, -100, 100));
    }
    unit.factor = power < 0 ? unit.factor / other.factor : unit.factor * other.factor;
    unit.arbitrary += power < 0 ? -other.arbitrary : other.arbitrary;
  }
}

// The grammar of UCUM: terms of components with '.', '/', parentheses and annotations.
class UnitParser {
 public:
  UnitParser(std::string_view code, int nesting) : code_(code), nesting_(nesting) {}

  std::optional<Unit> run() {
    if (code_.empty() || nesting_ > kMaxNesting) return std::nullopt;
    auto unit = term();
    if (!unit || position_ != code_.size()) return std::nullopt;
    return unit;
  }

 private:
  bool at(char c) const { return position_ < code_.size() && code_[position_] == c; }

  std::optional<Unit> term() {
    if (++nesting_ > kMaxNesting) return std::nullopt;
    Unit unit;
    bool divide = false;
    if (at('/')) {
      divide = true;
      ++position_;
    }
    for (;;) {
      const auto part = component();
      if (!part) return std::nullopt;
      if (position_ >= code_.size() && !divide && first_) {
        --nesting_;
        return part;  // alone: the only place where an origin matters
      }
      first_ = false;
      multiplyInto(unit, *part, divide ? -1 : 1);
      if (at('.')) {
        divide = false;
      } else if (at('/')) {
        divide = true;
      } else {
        --nesting_;
        return unit;
      }
      ++position_;
    }
  }

  std::optional<Unit> component() {
    if (at('(')) {
      ++position_;
      const bool outer_first = std::exchange(first_, false);
      auto unit = term();
      first_ = outer_first;
      if (!unit || !at(')')) return std::nullopt;
      ++position_;
      return unit;
    }
    if (at('{')) {
      if (!annotation()) return std::nullopt;
      return Unit{};
    }
    // Up to the operator, parenthesis or annotation that ends it; brackets hide all of them.
    std::size_t end = position_;
    bool bracket = false;
    for (; end < code_.size(); ++end) {
      const char c = code_[end];
      if (c == '[') bracket = true;
      if (c == ']') bracket = false;
      if (!bracket && (c == '.' || c == '/' || c == '(' || c == ')' || c == '{')) break;
    }
    auto unit = simple(code_.substr(position_, end - position_));
    position_ = end;
    if (at('{') && !annotation()) return std::nullopt;
    return unit;
  }

  bool annotation() {
    const std::size_t end = code_.find('}', position_);
    if (end == std::string_view::npos) return false;
    position_ = end + 1;
    return true;
  }

  // An integer, or a unit with prefix and exponent.
  std::optional<Unit> simple(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
      const auto number = Decimal::parse(text);
      if (!number || number->isZero()) return std::nullopt;
      Unit unit;
      unit.factor = Factor::of(*number);
      return unit;
    }
    std::size_t stem = text.size();
    while (stem > 0 && text[stem - 1] >= '0' && text[stem - 1] <= '9') --stem;
    int power = 1;
    std::string_view name = text;
    if (stem < text.size() && findAtom(text) == nullptr) {
      if (text.size() - stem > 2) return std::nullopt;
      power = std::atoi(std::string(text.substr(stem)).c_str());
      if (stem > 0 && (text[stem - 1] == '-' || text[stem - 1] == '+')) {
        --stem;
        if (text[stem] == '-') power = -power;
      }
      name = text.substr(0, stem);
    }
    const auto unit = atom(name);
    if (!unit || power == 1) return unit;
    Unit result;
    multiplyInto(result, *unit, power);
    return result;
  }

  std::optional<Unit> atom(std::string_view name) {
    if (const Atom* found = findAtom(name)) return meaning(*found);
    for (const Prefix& prefix : kPrefixes) {
      if (!name.starts_with(prefix.code)) continue;
      const Atom* found = findAtom(name.substr(prefix.code.size()));
      if (found == nullptr || !found->metric) continue;
      auto unit = meaning(*found);
      if (unit) unit->factor.exponent += prefix.exponent;
      return unit;
    }
    return std::nullopt;
  }

  std::optional<Unit> meaning(const Atom& atom) {
    Unit unit;
    if (atom.dimension >= 0) {
      unit.dimensions[static_cast<std::size_t>(atom.dimension)] = 1;
      return unit;
    }
    if (atom.dimension == -2) {
      unit.arbitrary = hashOf(atom.code == "[IU]" ? "[iU]" : atom.code);
      return unit;
    }
    if (atom.definition != "1") {
      const auto defined = UnitParser(atom.definition, nesting_ + 1).run();
      if (!defined) return std::nullopt;
      unit = *defined;
    }
    unit.factor = unit.factor * Factor::of(Decimal::parse(atom.amount).value_or(Decimal(1)));
    unit.offset = Decimal();
    if (!atom.offset.empty()) unit.offset = Decimal::parse(atom.offset).value_or(Decimal());
    return unit;
  }

  std::string_view code_;
  std::size_t position_ = 0;
  int nesting_;
  bool first_ = true;
};

}  // namespace

Factor Factor::of(const Decimal& value) { return tidied({value.coefficient(), -value.scale()}); }

std::optional<Decimal> Factor::toDecimal() const {
  Factor f = divided(*this);
  while (-f.exponent > Decimal::kMaxScale) {
    if (f.coefficient == 0) return Decimal();
    shorten(f);
  }
  for (; f.exponent > 0; --f.exponent)
    if (__builtin_mul_overflow(f.coefficient, Coefficient{10}, &f.coefficient)) return std::nullopt;
  return Decimal(f.coefficient, -f.exponent);
}

Factor operator*(const Factor& a, const Factor& b) {
  Factor left = a;
  Factor right = b;
  Coefficient divisor;
  if (__builtin_mul_overflow(left.divisor, right.divisor, &divisor)) {
    left = divided(left);
    divisor = right.divisor;
  }
  Coefficient product;
  while (__builtin_mul_overflow(left.coefficient, right.coefficient, &product))
    shorten(magnitude(left.coefficient) > magnitude(right.coefficient) ? left : right);
  return tidied({product, left.exponent + right.exponent, divisor});
}

Factor operator/(const Factor& a, const Factor& b) {
  const bool negative = b.coefficient < 0;
  return a * Factor{negative ? -b.divisor : b.divisor, -b.exponent, magnitude(b.coefficient)};
}

std::optional<Unit> Unit::parse(std::string_view code) { return UnitParser(code, 0).run(); }

std::optional<Decimal> convert(const Decimal& amount, const Unit& from, const Unit& to) {
  if (!from.isComparableWith(to)) return std::nullopt;
  std::optional<Decimal> start = amount;
  if (!from.offset.isZero()) start = Decimal::add(amount, from.offset);
  if (!start) return std::nullopt;
  const auto scaled = (Factor::of(*start) * from.factor / to.factor).toDecimal();
  if (!scaled || to.offset.isZero()) return scaled;
  return Decimal::subtract(*scaled, to.offset);
}

std::optional<CombinedUnit> combine(std::string_view a, std::string_view b, bool divide) {
  const auto left = Unit::parse(a);
  const auto right = Unit::parse(b);
  if (!left || !right || !left->offset.isZero() || !right->offset.isZero()) return std::nullopt;
  if (right->isDimensionless() && b == "1") return CombinedUnit{std::string(a), {}};
  if (left->isDimensionless() && a == "1" && !divide) return CombinedUnit{std::string(b), {}};
  Unit result = *left;
  multiplyInto(result, *right, divide ? -1 : 1);
  if (result.arbitrary != 0) {
    // Without a meaning in base units the code itself says it best.
    std::string code(a);
    code += divide ? "/(" : ".(";
    return CombinedUnit{code.append(b) + ")", {}};
  }
  static constexpr std::array<std::string_view, 7> kBase = {"m", "s", "g", "rad", "K", "C", "cd"};
  std::string code;
  for (std::size_t d = 0; d < kBase.size(); ++d) {
    if (result.dimensions[d] == 0) continue;
    if (!code.empty()) code += '.';
    code += kBase[d];
    if (result.dimensions[d] != 1) code += std::to_string(result.dimensions[d]);
  }
  if (code.empty()) code = "1";
  return CombinedUnit{code, result.factor};
}

}  // namespace planbro::fhirpath
