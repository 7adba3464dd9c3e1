// A document that is being changed: what no change has touched stays borrowed from the documents
// it came from, so that a patch costs what it changes.
//
//   EditTree tree(document);
//   EditTree::Item* names = tree.member(*tree.root(), "name");
//   tree.insert(*names, 0, tree.value(node, other_document));
//   DocumentPtr changed = tree.finish(&names_table);
//
// One thread. Input may be hostile: no operation recurses, and a tree that would grow past
// `Limits` says so (isOverfull() after every change, fits() before finish()).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace planbro::json {

class EditTree {
 public:
  struct Limits {
    std::size_t values = 1'000'000;              // all values ever put into the tree
    std::size_t bytes = std::size_t{128} << 20;  // their texts
    std::uint32_t depth = 64;                    // as the parser's
  };

  // One value. Owned by the tree; what has been taken out stays usable until the tree goes.
  struct Item {
    const Node* origin = nullptr;  // while nothing below has been touched
    std::size_t document = 0;      // which of the documents `origin` is of
    Kind kind = Kind::kNull;       // of a container whose items stand in `items`
    std::string_view name;         // as a member
    std::vector<Item*> items;

    Kind kindNow() const { return origin != nullptr ? origin->kind : kind; }
  };

  explicit EditTree(const DocumentPtr& document) : EditTree(document, Limits()) {}
  EditTree(const DocumentPtr& document, Limits limits);
  EditTree(const EditTree&) = delete;
  EditTree& operator=(const EditTree&) = delete;

  Item* root() { return root_; }
  void setRoot(Item* value) { root_ = value; }

  // The items of an array or members of an object; empty for scalars. The list may be changed.
  std::vector<Item*>& itemsOf(Item& container);
  // The member of that name; nullptr if there is none.
  Item* member(Item& object, std::string_view name);

  // A new value: a whole one of another document, an empty container, a copy of one of the tree.
  Item* value(const Node& node, const DocumentPtr& from);
  Item* container(Kind kind);
  Item* copyOf(const Item& item);

  // The member of that name is replaced, or added at the end.
  void setMember(Item& object, std::string_view name, Item* value);
  void insertMember(Item& object, std::size_t at, std::string_view name, Item* value);
  bool removeMember(Item& object, std::string_view name);
  // `at` is at most the number of items.
  void insert(Item& array, std::size_t at, Item* value);

  // Whether both say the same; numbers by their value, members in any order (RFC 6902, 4.6).
  bool equals(Item& item, const Node& node);

  // The item that stands for `node` of the document the tree began with, if no change has been
  // made yet on the way there; nullptr if it is not in the tree. `chain` gets root to item.
  Item* find(const Node& node, std::vector<Item*>* chain);

  // Takes out arrays and objects that changes have left empty, up to the root, which stays.
  void dropEmptied();

  // Whether more has been put into the tree than it takes. Ask after every change: a copy
  // that goes past the limit is left unfinished, and nothing but this may be asked of the tree
  // then.
  bool isOverfull() const { return values_ > limits_.values || bytes_ > limits_.bytes; }
  // Whether the tree keeps to its limits, depth included.
  bool fits();
  // Names and binding as Builder's. The tree must not be used afterwards.
  DocumentPtr finish(const NameTable* names, const std::function<void(DocumentMaker&)>& bind = {});

 private:
  Item* own(Item item);
  std::size_t indexOf(const DocumentPtr& document);
  void count(const Node& node);

  std::deque<Item> items_;
  std::deque<std::string> names_;
  std::vector<DocumentPtr> documents_;
  Item* root_ = nullptr;
  Limits limits_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

// Whether two JSON numbers have the same value: 1.0 and 10e-1.
bool sameNumber(std::string_view a, std::string_view b);

}  // namespace planbro::json
