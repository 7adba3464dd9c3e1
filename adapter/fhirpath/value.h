// What FHIRPath expressions are made of and give: values and collections of them.
//
// A Value is a FHIR element (with its place in its tree) or a System value. It is 32 bytes, plain
// and owns nothing: it lives as long as what it points into, which is the element's document, the
// program (for literals) and the Scratch of the evaluation (for texts that were computed).
// Source: FHIRPath 2.0, section 4.1; FHIR R4 fhirpath.html, section 2.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "fhir/element.h"
#include "fhirpath/decimal.h"
#include "fhirpath/temporal.h"
#include "json/arena.h"

namespace planbro::fhirpath {

enum class ValueKind : std::uint8_t {
  kNone,
  kElement,
  kBoolean,
  kInteger,
  kDecimal,
  kString,
  kDate,
  kDateTime,
  kTime,
  kQuantity,
  kTypeInfo,  // what type() gives
};

// Where computed texts live. One thread; keep one for a unit of work (a resource, a mapping run).
using Scratch = json::Arena;

class Value {
 public:
  Value() = default;
  // NOLINTNEXTLINE: an element is a value
  Value(const fhir::Element& element) : kind_(ValueKind::kElement) {
    static_assert(std::is_trivially_copyable_v<fhir::Element> && sizeof(element) <= sizeof(data_));
    std::memcpy(data_, &element, sizeof(element));
  }

  static Value boolean(bool value);
  static Value integer(std::int64_t value);
  static Value decimal(const Decimal& value);
  // The text is not copied.
  static Value string(std::string_view text);
  static Value temporal(const Temporal& value);
  // `unit` is a UCUM code, or with `calendar` one of the words year … millisecond (singular).
  static Value quantity(const Decimal& amount, std::string_view unit, bool calendar = false);
  // `system`: namespace System, else FHIR.
  static Value typeInfo(std::string_view name, bool system);

  ValueKind kind() const { return kind_; }
  explicit operator bool() const { return kind_ != ValueKind::kNone; }
  bool isElement() const { return kind_ == ValueKind::kElement; }

  // The element it is; an empty Element for System values.
  fhir::Element element() const {
    fhir::Element element;
    if (kind_ == ValueKind::kElement)
      std::memcpy(static_cast<void*>(&element), data_, sizeof(element));
    return element;
  }

  // These need the kind they are named after (decimal also for integers and quantities).
  bool asBoolean() const { return (flags_ & 1) != 0; }
  std::int64_t asInteger() const;
  Decimal asDecimal() const;
  Temporal asTemporal() const;
  // The text of a string; the unit of a quantity; the name of a type.
  std::string_view text() const;
  bool isCalendarUnit() const { return (flags_ & kCalendar) != 0; }
  bool isSystemType() const { return (flags_ & kSystemType) != 0; }

  // The same value with FHIR primitives as System values (a FHIR string becomes a String, and so
  // on) and FHIR Quantities as Quantity. What has no System form, or no value, stays as it is.
  Value toSystem() const;
  // Of a String, or of an element whose toSystem() is one, its text, at less cost.
  std::optional<std::string_view> plainText() const;

  // "FHIR.Patient", "System.Boolean": name and namespace apart.
  std::string_view typeName() const;
  bool isSystem() const { return kind_ != ValueKind::kElement; }

  // As toString() of FHIRPath would write it: "1.50", "2015-02", "4 'mg'"; elements without a
  // primitive value give "".
  std::string toString() const;

 private:
  static constexpr std::uint8_t kTrue = 1;
  static constexpr std::uint8_t kCalendar = 2;
  static constexpr std::uint8_t kSystemType = 4;

  ValueKind kind_ = ValueKind::kNone;
  std::uint8_t flags_ = 0;
  std::int8_t scale_ = 0;
  std::uint32_t size_ = 0;  // of the text
  // Element, {coefficient, text} or Temporal, as bytes.
  alignas(8) std::byte data_[24] = {};
};
static_assert(sizeof(Value) == 32);
static_assert(std::is_trivially_copyable_v<Value>);

// An ordered collection of values. Four fit inside; more take a block, which the thread keeps for
// its next collection when this one is done.
class Collection {
 public:
  static constexpr std::uint32_t kInline = 4;

  Collection() {}  // NOLINT: the inline room stays unset
  explicit Collection(const Value& only) { push(only); }
  Collection(const Collection& other) { append(other); }
  Collection(Collection&& other) noexcept { take(other); }
  Collection& operator=(const Collection& other) {
    if (this != &other) {
      clear();
      append(other);
    }
    return *this;
  }
  Collection& operator=(Collection&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~Collection() { release(); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Value& operator[](std::size_t index) const { return data()[index]; }
  Value& operator[](std::size_t index) { return data()[index]; }
  const Value& front() const { return data()[0]; }
  const Value& back() const { return data()[size_ - 1]; }
  const Value* begin() const { return data(); }
  const Value* end() const { return data() + size_; }
  Value* begin() { return data(); }
  Value* end() { return data() + size_; }
  std::span<const Value> values() const { return {data(), size_}; }

  void push(const Value& value) {
    if (size_ == capacity_) {
      const Value copy = value;
      grow(size_ + 1);
      data()[size_++] = copy;
      return;
    }
    data()[size_++] = value;
  }
  void append(const Collection& other) { append(other.values()); }
  void append(std::span<const Value> values);
  void clear() { size_ = 0; }
  // Keeps the first `size` values.
  void truncate(std::size_t size) {
    if (size < size_) size_ = static_cast<std::uint32_t>(size);
  }

 private:
  const Value* data() const {
    return heap_ != nullptr ? heap_ : std::launder(reinterpret_cast<const Value*>(inline_));
  }
  Value* data() {
    return heap_ != nullptr ? heap_ : std::launder(reinterpret_cast<Value*>(inline_));
  }
  void grow(std::uint32_t least);
  void take(Collection& other) noexcept;
  void release() noexcept {
    if (heap_ != nullptr) giveBack(heap_, capacity_);
  }
  static void giveBack(Value* block, std::uint32_t capacity) noexcept;

  Value* heap_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = kInline;
  alignas(Value) std::byte inline_[kInline * sizeof(Value)];
};

}  // namespace planbro::fhirpath
