"""n tiles (1 to 10^12) are to form a rectangle without a gap. A rectangle and its turned one are two layouts, unless it is a square.

Input: n. Output: the number of layouts.
"""


def case(g):
    return [str(g.num(1, 10**12))]


def valid(text):
    try:
        n, = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 10**12


def solve(text):
    n = int(text)
    count, a = 0, 1
    while a * a <= n:
        if n % a == 0:
            count += 1 if a * a == n else 2
        a += 1
    return str(count)


SAMPLES = [
    ("6\n", "4\n"),
    ("7\n", "2\n"),
    ("12\n", "6\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, count = 0;
    cin >> n;
    for (long long a = 1; a * a <= n; a++) if (n % a == 0) count += a * a == n ? 1 : 2;
    cout << count << endl;
}
"""

FAULTY = {
    "squares-twice": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, count = 0;
    cin >> n;
    for (long long a = 1; a * a <= n; a++) if (n % a == 0) count += 2;
    cout << count << endl;
}
""",
    "reads-an-int": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, count = 0;
    cin >> n;
    for (long long a = 1; a * a <= n; a++) if (n % a == 0) count += a * a == n ? 1 : 2;
    cout << count << endl;
}
""",
    "cubes": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    long long n, count = 1;
    cin >> n;
    for (long long p = 2; p * p <= n; p++) {
        int e = 0;
        while (n % p == 0) n /= p, e = min(e + 1, 2);
        count *= e + 1;
    }
    if (n > 1) count *= 2;
    cout << count << endl;
}
""",
}
