#pragma once
// A list that is cheap to copy: copies share blocks of elements, and a change copies the one block
// that it touches. For states that grow long and are copied at every change.
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace muster::registry {

// Copying costs O(n / 256) and push_back and Change O(256) at most; reading is as in a vector of
// vectors. Elements are read only, but through Change. Copies may be read from different threads;
// one object is used like a vector.
template <typename T>
class SharedList {
 public:
  using value_type = T;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;
    const_iterator(const SharedList* list, std::size_t at) : list_(list), at_(at) {}
    reference operator*() const { return (*list_)[at_]; }
    pointer operator->() const { return &(*list_)[at_]; }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) { return const_iterator(list_, at_++); }
    friend bool operator==(const const_iterator& a, const const_iterator& b) {
      return a.at_ == b.at_;
    }

   private:
    const SharedList* list_ = nullptr;
    std::size_t at_ = 0;
  };

  SharedList() = default;
  SharedList(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t i) const { return (*blocks_[i / kBlock])[i % kBlock]; }
  const T& back() const { return (*this)[size_ - 1]; }
  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, size_}; }

  void push_back(T value) {
    if (size_ % kBlock == 0) blocks_.push_back(std::make_shared<Block>());
    Own(blocks_.back()).push_back(std::move(value));
    ++size_;
  }

  // Hands the element at `i` to `change` to be altered.
  template <typename F>
  void Change(std::size_t i, const F& change) {
    change(Own(blocks_[i / kBlock])[i % kBlock]);
  }

  friend bool operator==(const SharedList& a, const SharedList& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.blocks_.size(); ++i)
      if (a.blocks_[i] != b.blocks_[i] && *a.blocks_[i] != *b.blocks_[i]) return false;
    return true;
  }

 private:
  static constexpr std::size_t kBlock = 256;
  using Block = std::vector<T>;

  // The block, for this list alone. A count of one cannot grow meanwhile: whoever copies this list
  // while it changes breaks the rule above.
  static Block& Own(std::shared_ptr<Block>& block) {
    if (block.use_count() != 1) block = std::make_shared<Block>(*block);
    return *block;
  }

  std::vector<std::shared_ptr<Block>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace muster::registry
