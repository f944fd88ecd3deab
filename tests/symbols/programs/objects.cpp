// SPDX-License-Identifier: GPL-3.0-or-later
// C++: classes, templates, lambdas, what the library inlines.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace shop {

template <typename T> class Basket {
public:
	void add(T item) { items.push_back(std::move(item)); }
	template <typename F> auto each(F f) const
	{
		std::size_t sum = 0;
		for (const auto &item : items)
			sum += f(item);
		return sum;
	}
	virtual ~Basket() = default;

private:
	std::vector<T> items;
};

struct Priced {
	std::string name;
	int price;
	bool operator<(const Priced &other) const { return price < other.price; }
};

namespace {
__attribute__((noinline)) std::size_t length_of(const Priced &p)
{
	struct Local {
		static std::size_t twice(std::size_t n) { return 2 * n; }
	};
	return Local::twice(p.name.size());
}
} // namespace

} // namespace shop

__attribute__((noinline)) static int ask(const std::function<int(int)> &f, int n)
{
	return f(n) + std::max(n, 3);
}

int main(int argc, char **)
{
	shop::Basket<shop::Priced> basket;
	std::vector<int> numbers{ argc, 3, 2 };
	auto owned = std::make_unique<shop::Basket<int>>();

	basket.add({ "apple", argc });
	owned->add(argc);
	std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a > b; });
	auto total = basket.each([&](const shop::Priced &p) { return shop::length_of(p) + numbers.size(); });
	total += owned->each([](int n) { return static_cast<std::size_t>(n); });
	std::printf("%zu %d\n", total, ask([total](int n) { return n + static_cast<int>(total); }, argc));
	return 0;
}
