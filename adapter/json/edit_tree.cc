#include "json/edit_tree.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "json/builder.h"

namespace planbro::json {
namespace {

struct Number {
  bool negative = false;
  std::string digits;          // without zeros at either end; "" is zero
  std::int64_t magnitude = 0;  // of the first digit
};

Number numberOf(std::string_view text) {
  Number number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const std::size_t e = text.find_first_of("eE");
  std::int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    // An exponent of more digits than that names no value that anything else could equal.
    if (read.ec != std::errc()) return {number.negative, std::string(text), 0};
    text = text.substr(0, e);
  }
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  number.digits = whole;
  if (point != std::string_view::npos) number.digits += text.substr(point + 1);
  const std::size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  number.magnitude =
      static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first) + exponent;
  number.digits.erase(0, first);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  return number;
}

}  // namespace

bool sameNumber(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Number left = numberOf(a);
  const Number right = numberOf(b);
  return left.negative == right.negative && left.digits == right.digits &&
         left.magnitude == right.magnitude;
}

EditTree::EditTree(const DocumentPtr& document, Limits limits) : limits_(limits) {
  root_ = value(document->root(), document);
}

EditTree::Item* EditTree::own(Item item) { return &items_.emplace_back(std::move(item)); }

std::size_t EditTree::indexOf(const DocumentPtr& document) {
  const auto found = std::find(documents_.begin(), documents_.end(), document);
  if (found != documents_.end()) return static_cast<std::size_t>(found - documents_.begin());
  documents_.push_back(document);
  return documents_.size() - 1;
}

// All values of a tree, itself included.
void EditTree::count(const Node& node) {
  std::vector<const Node*> open{&node};
  while (!open.empty()) {
    const Node* next = open.back();
    open.pop_back();
    ++values_;
    bytes_ += next->text().size();
    for (const Node& child : next->children()) open.push_back(&child);
  }
}

EditTree::Item* EditTree::value(const Node& node, const DocumentPtr& from) {
  count(node);
  Item item;
  item.origin = &node;
  item.document = indexOf(from);
  return own(std::move(item));
}

EditTree::Item* EditTree::container(Kind kind) {
  ++values_;
  Item item;
  item.kind = kind;
  return own(std::move(item));
}

std::vector<EditTree::Item*>& EditTree::itemsOf(Item& container) {
  if (container.origin != nullptr && container.origin->isContainer()) {
    const Node* origin = std::exchange(container.origin, nullptr);
    container.kind = origin->kind;
    container.items.reserve(origin->size);
    for (const Node& child : origin->children()) {
      Item item;
      item.origin = &child;
      item.document = container.document;
      if (child.name != nullptr) item.name = child.name->text;
      container.items.push_back(own(std::move(item)));
    }
  }
  return container.items;
}

EditTree::Item* EditTree::member(Item& object, std::string_view name) {
  if (object.kindNow() != Kind::kObject) return nullptr;
  for (Item* item : itemsOf(object)) {
    if (item->name == name) return item;
  }
  return nullptr;
}

EditTree::Item* EditTree::copyOf(const Item& item) {
  struct Pending {
    const Item* from;
    Item* to;
  };
  Item* copy = own(Item(item));
  std::vector<Pending> open{{&item, copy}};
  while (!open.empty() && !isOverfull()) {
    const Pending next = open.back();
    open.pop_back();
    if (next.from->origin != nullptr) {
      count(*next.from->origin);
      continue;
    }
    ++values_;
    for (std::size_t i = 0; i < next.from->items.size(); ++i) {
      next.to->items[i] = own(Item(*next.from->items[i]));
      open.push_back({next.from->items[i], next.to->items[i]});
    }
  }
  return copy;
}

void EditTree::setMember(Item& object, std::string_view name, Item* value) {
  auto& members = itemsOf(object);
  const auto found =
      std::find_if(members.begin(), members.end(), [&](Item* item) { return item->name == name; });
  if (found == members.end()) return insertMember(object, members.size(), name, value);
  value->name = (*found)->name;
  *found = value;
}

void EditTree::insertMember(Item& object, std::size_t at, std::string_view name, Item* value) {
  value->name = names_.emplace_back(name);
  auto& members = itemsOf(object);
  members.insert(members.begin() + static_cast<std::ptrdiff_t>(at), value);
}

bool EditTree::removeMember(Item& object, std::string_view name) {
  auto& members = itemsOf(object);
  return std::erase_if(members, [&](const Item* item) { return item->name == name; }) > 0;
}

void EditTree::insert(Item& array, std::size_t at, Item* value) {
  auto& items = itemsOf(array);
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), value);
}

bool EditTree::equals(Item& item, const Node& node) {
  struct Pair {
    Item* item;
    const Node* node;
  };
  std::vector<Pair> open{{&item, &node}};
  while (!open.empty()) {
    const Pair pair = open.back();
    open.pop_back();
    const Kind kind = pair.item->kindNow();
    if (kind != pair.node->kind) return false;
    if (kind == Kind::kNumber) {
      if (!sameNumber(pair.item->origin->text(), pair.node->text())) return false;
      continue;
    }
    if (kind < Kind::kArray) {
      if (pair.item->origin->text() != pair.node->text()) return false;
      continue;
    }
    const auto& items = itemsOf(*pair.item);
    if (items.size() != pair.node->size) return false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Node* twin =
          kind == Kind::kArray ? &pair.node->children()[i] : pair.node->member(items[i]->name);
      if (twin == nullptr) return false;
      open.push_back({items[i], twin});
    }
  }
  return true;
}

EditTree::Item* EditTree::find(const Node& node, std::vector<Item*>* chain) {
  // The way down is found in the document first: containers are opened only along it.
  struct Place {
    const Node* node;
    std::size_t next;
  };
  const Node* start = root_->origin != nullptr ? root_->origin : nullptr;
  if (start == nullptr) start = &documents_.front()->root();
  std::vector<Place> way{{start, 0}};
  while (!way.empty() && way.back().node != &node) {
    Place& place = way.back();
    const auto children = place.node->children();
    if (place.next == children.size()) {
      way.pop_back();
    } else {
      const Node* child = &children[place.next++];
      way.push_back({child, 0});
    }
  }
  if (way.empty()) return nullptr;
  Item* item = root_;
  chain->assign(1, item);
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    item = itemsOf(*item)[way[i].next - 1];
    chain->push_back(item);
  }
  return item;
}

void EditTree::dropEmptied() {
  // Containers opened by changes, each before what is inside it.
  std::vector<Item*> opened{root_};
  for (std::size_t i = 0; i < opened.size(); ++i) {
    for (Item* item : opened[i]->items) {
      if (item->origin == nullptr) opened.push_back(item);
    }
  }
  for (auto item = opened.rbegin(); item != opened.rend(); ++item) {
    std::erase_if((*item)->items, [](const Item* child) {
      return child->origin == nullptr && child->items.empty();
    });
  }
}

bool EditTree::fits() {
  if (isOverfull()) return false;
  struct Place {
    const Item* item;
    const Node* node;
    std::uint32_t depth;
  };
  std::vector<Place> open{{root_, nullptr, 1}};
  while (!open.empty()) {
    const Place place = open.back();
    open.pop_back();
    const Node* node = place.item != nullptr ? place.item->origin : place.node;
    const bool container = node != nullptr ? node->isContainer() : true;
    if (container && place.depth > limits_.depth) return false;
    if (node != nullptr) {
      for (const Node& child : node->children()) {
        if (child.isContainer()) open.push_back({nullptr, &child, place.depth + 1});
      }
      continue;
    }
    for (const Item* item : place.item->items) open.push_back({item, nullptr, place.depth + 1});
  }
  return true;
}

DocumentPtr EditTree::finish(const NameTable* names,
                             const std::function<void(DocumentMaker&)>& bind) {
  struct Place {
    const Item* item;
    std::size_t next;
  };
  Builder out(names);
  std::vector<Place> open;
  const auto begin = [&](const Item& item) {
    if (item.origin != nullptr) return out.copy(*item.origin, documents_[item.document]);
    if (item.kind == Kind::kObject) {
      out.beginObject();
    } else {
      out.beginArray();
    }
    open.push_back({&item, 0});
  };
  begin(*root_);
  while (!open.empty()) {
    Place& place = open.back();
    if (place.next == place.item->items.size()) {
      if (place.item->kind == Kind::kObject) {
        out.endObject();
      } else {
        out.endArray();
      }
      open.pop_back();
      continue;
    }
    const Item& child = *place.item->items[place.next++];
    if (place.item->kind == Kind::kObject) out.key(child.name);
    begin(child);
  }
  return std::move(out).finish(bind);
}

}  // namespace planbro::json
