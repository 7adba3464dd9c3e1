#include "fhirpath/value.h"

#include <algorithm>
#include <array>
#include <bit>

namespace planbro::fhirpath {
namespace {

template <typename T>
void store(std::byte* place, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(place, &value, sizeof(T));
}

template <typename T>
T load(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

// The System kind that a FHIR primitive type means.
ValueKind systemKindOf(std::string_view type) {
  switch (type.front()) {
    case 'b':
      return type == "boolean" ? ValueKind::kBoolean : ValueKind::kString;
    case 'i':
      if (type == "integer") return ValueKind::kInteger;
      return type == "instant" ? ValueKind::kDateTime : ValueKind::kString;
    case 'p':
      return type == "positiveInt" ? ValueKind::kInteger : ValueKind::kString;
    case 'u':
      return type == "unsignedInt" ? ValueKind::kInteger : ValueKind::kString;
    case 'd':
      if (type == "decimal") return ValueKind::kDecimal;
      if (type == "date") return ValueKind::kDate;
      return type == "dateTime" ? ValueKind::kDateTime : ValueKind::kString;
    case 't':
      return type == "time" ? ValueKind::kTime : ValueKind::kString;
    default:
      return ValueKind::kString;
  }
}

std::optional<Value> parsedAs(ValueKind kind, std::string_view text) {
  const auto from = [](const auto& parsed) -> std::optional<Value> {
    if (!parsed) return std::nullopt;
    return Value::temporal(*parsed);
  };
  switch (kind) {
    case ValueKind::kBoolean:
      if (text == "true" || text == "false") return Value::boolean(text == "true");
      return std::nullopt;
    case ValueKind::kInteger: {
      const auto number = Decimal::parse(text);
      const auto whole = number ? number->toInteger() : std::nullopt;
      if (!whole || number->scale() != 0) return std::nullopt;
      return Value::integer(*whole);
    }
    case ValueKind::kDecimal: {
      const auto number = Decimal::parse(text);
      if (!number) return std::nullopt;
      return Value::decimal(*number);
    }
    case ValueKind::kDate:
      return from(Temporal::parseDate(text));
    case ValueKind::kDateTime:
      return from(Temporal::parseDateTime(text));
    case ValueKind::kTime:
      return from(Temporal::parseTime(text));
    default:
      return Value::string(text);
  }
}

Value quantityOf(const fhir::Element& element, const Value& as_is) {
  const auto amount = Decimal::parse(element.textOf("value"));
  if (!amount) return as_is;
  std::string_view unit = element.textOf("code");
  const std::string_view system = element.textOf("system");
  constexpr std::string_view kUcum = "http://unitsofmeasure.org";
  if (unit.empty() || (!system.empty() && system != kUcum)) unit = element.textOf("unit");
  if (unit.empty()) unit = "1";
  return Value::quantity(*amount, unit);
}

bool isQuantityType(const fhir::Definitions& definitions, fhir::TypeId type) {
  for (; type != 0; type = definitions.type(type).base)
    if (definitions.type(type).name == "Quantity") return true;
  return false;
}

// Blocks of collections that are done, by size: a thread that evaluates one expression after the
// other allocates for none of them. At most 256 KiB a thread.
class SpareBlocks {
 public:
  Value* take(std::uint32_t capacity) {
    if (List* list = listOf(capacity); list != nullptr && list->count > 0)
      return list->blocks[--list->count];
    return static_cast<Value*>(::operator new(capacity * sizeof(Value)));
  }

  void put(Value* block, std::uint32_t capacity) noexcept {
    if (List* list = listOf(capacity); list != nullptr && list->count < kMost && !closed_) {
      list->blocks[list->count++] = block;
    } else {
      ::operator delete(block);
    }
  }

  void close() noexcept {
    closed_ = true;
    for (List& list : lists_)
      while (list.count > 0) ::operator delete(list.blocks[--list.count]);
  }

 private:
  static constexpr std::uint32_t kSmallest = Collection::kInline * 2;
  static constexpr std::uint32_t kLargest = 1024;
  static constexpr std::uint32_t kMost = 4;
  struct List {
    std::array<Value*, kMost> blocks;
    std::uint32_t count;
  };

  // Capacities are powers of two.
  List* listOf(std::uint32_t capacity) {
    if (capacity < kSmallest || capacity > kLargest) return nullptr;
    return &lists_[static_cast<std::size_t>(std::countr_zero(capacity / kSmallest))];
  }

  std::array<List, 8> lists_;  // 8, 16, … 1024 values
  bool closed_;
};
// Without a destructor, so that collections may still end after the thread's other objects have.
thread_local constinit SpareBlocks spare_blocks{};
struct SpareBlocksEnd {
  ~SpareBlocksEnd() { spare_blocks.close(); }
};

}  // namespace

Value Value::boolean(bool value) {
  Value v;
  v.kind_ = ValueKind::kBoolean;
  v.flags_ = value ? kTrue : 0;
  return v;
}

Value Value::integer(std::int64_t value) {
  Value v;
  v.kind_ = ValueKind::kInteger;
  store(v.data_, Decimal::Coefficient{value});
  return v;
}

Value Value::decimal(const Decimal& value) {
  Value v;
  v.kind_ = ValueKind::kDecimal;
  v.scale_ = static_cast<std::int8_t>(value.scale());
  store(v.data_, value.coefficient());
  return v;
}

Value Value::string(std::string_view text) {
  Value v;
  v.kind_ = ValueKind::kString;
  v.size_ = static_cast<std::uint32_t>(text.size());
  store(v.data_ + 16, text.data());
  return v;
}

Value Value::temporal(const Temporal& value) {
  static_assert(sizeof(Temporal) <= sizeof(data_));
  Value v;
  v.kind_ = value.kind == TemporalKind::kDate       ? ValueKind::kDate
            : value.kind == TemporalKind::kDateTime ? ValueKind::kDateTime
                                                    : ValueKind::kTime;
  store(v.data_, value);
  return v;
}

Value Value::quantity(const Decimal& amount, std::string_view unit, bool calendar) {
  Value v = string(unit);
  v.kind_ = ValueKind::kQuantity;
  v.flags_ = calendar ? kCalendar : 0;
  v.scale_ = static_cast<std::int8_t>(amount.scale());
  store(v.data_, amount.coefficient());
  return v;
}

Value Value::typeInfo(std::string_view name, bool system) {
  Value v = string(name);
  v.kind_ = ValueKind::kTypeInfo;
  v.flags_ = system ? kSystemType : 0;
  return v;
}

std::int64_t Value::asInteger() const {
  return static_cast<std::int64_t>(load<Decimal::Coefficient>(data_));
}

Decimal Value::asDecimal() const { return {load<Decimal::Coefficient>(data_), scale_}; }

Temporal Value::asTemporal() const { return load<Temporal>(data_); }

std::string_view Value::text() const { return {load<const char*>(data_ + 16), size_}; }

Value Value::toSystem() const {
  if (kind_ != ValueKind::kElement) return *this;
  const fhir::Element element = load<fhir::Element>(data_);
  const fhir::Member* member = element.member();
  if (!element.hasValue()) {
    if (element.value() != nullptr && member != nullptr &&
        isQuantityType(element.definitions(), element.type()))
      return quantityOf(element, *this);
    return *this;
  }
  ValueKind kind = ValueKind::kString;
  if (member != nullptr && member->type != 0) {
    kind = systemKindOf(element.definitions().type(member->type).name);
  } else if (element.value()->isBoolean()) {
    kind = ValueKind::kBoolean;
  } else if (element.value()->kind == json::Kind::kNumber) {
    kind = element.text().find_first_of(".eE") == std::string_view::npos ? ValueKind::kInteger
                                                                         : ValueKind::kDecimal;
  }
  // A text that is no value of its type stays comparable as the text it is.
  return parsedAs(kind, element.text()).value_or(string(element.text()));
}

std::optional<std::string_view> Value::plainText() const {
  if (kind_ == ValueKind::kString) return text();
  if (kind_ != ValueKind::kElement) return std::nullopt;
  const fhir::Element element = load<fhir::Element>(data_);
  if (!element.hasValue()) return std::nullopt;
  const fhir::Member* member = element.member();
  if (member == nullptr || member->type == 0 ||
      systemKindOf(element.definitions().type(member->type).name) != ValueKind::kString)
    return std::nullopt;
  return element.text();
}

std::string_view Value::typeName() const {
  switch (kind_) {
    case ValueKind::kNone:
      return {};
    case ValueKind::kElement:
      return element().typeName();
    case ValueKind::kBoolean:
      return "Boolean";
    case ValueKind::kInteger:
      return "Integer";
    case ValueKind::kDecimal:
      return "Decimal";
    case ValueKind::kString:
      return "String";
    case ValueKind::kDate:
      return "Date";
    case ValueKind::kDateTime:
      return "DateTime";
    case ValueKind::kTime:
      return "Time";
    case ValueKind::kQuantity:
      return "Quantity";
    case ValueKind::kTypeInfo:
      return isSystemType() ? "SimpleTypeInfo" : "ClassInfo";
  }
  return {};
}

std::string Value::toString() const {
  switch (kind_) {
    case ValueKind::kNone:
      return {};
    case ValueKind::kElement: {
      const Value system = toSystem();
      if (system.kind_ == ValueKind::kQuantity) return system.toString();
      return std::string(element().text());
    }
    case ValueKind::kBoolean:
      return asBoolean() ? "true" : "false";
    case ValueKind::kInteger:
    case ValueKind::kDecimal:
      return asDecimal().toString();
    case ValueKind::kString:
      return std::string(text());
    case ValueKind::kDate:
    case ValueKind::kDateTime:
    case ValueKind::kTime:
      return asTemporal().toString();
    case ValueKind::kQuantity: {
      std::string written = asDecimal().toString() + " ";
      if (!isCalendarUnit()) return written.append("'").append(text()).append("'");
      written.append(text());
      if (asDecimal() != Decimal(1)) written.push_back('s');
      return written;
    }
    case ValueKind::kTypeInfo: {
      std::string written(isSystemType() ? "System." : "FHIR.");
      return written.append(text());
    }
  }
  return {};
}

void Collection::append(std::span<const Value> values) {
  const auto total = size_ + static_cast<std::uint32_t>(values.size());
  if (total > capacity_) {
    // The values may be our own: take them along before the old room goes.
    const bool inside = values.data() >= data() && values.data() < data() + size_;
    const auto offset = inside ? values.data() - data() : 0;
    grow(total);
    if (inside) values = {data() + offset, values.size()};
  }
  if (!values.empty()) std::memmove(data() + size_, values.data(), values.size() * sizeof(Value));
  size_ = total;
}

void Collection::giveBack(Value* block, std::uint32_t capacity) noexcept {
  spare_blocks.put(block, capacity);
}

void Collection::grow(std::uint32_t least) {
  const std::uint32_t capacity = std::bit_ceil(std::max(least, capacity_ * 2));
  thread_local const SpareBlocksEnd end;
  Value* place = spare_blocks.take(capacity);
  if (size_ != 0) std::memcpy(static_cast<void*>(place), data(), size_ * sizeof(Value));
  release();
  heap_ = place;
  capacity_ = capacity;
}

void Collection::take(Collection& other) noexcept {
  heap_ = other.heap_;
  size_ = other.size_;
  capacity_ = other.capacity_;
  if (heap_ == nullptr && size_ != 0) std::memcpy(inline_, other.inline_, size_ * sizeof(Value));
  other.heap_ = nullptr;
  other.size_ = 0;
  other.capacity_ = kInline;
}

}  // namespace planbro::fhirpath
