#include <iostream>
#include <vector>
using namespace std;

int main() {
    int n;
    cin >> n;
    vector<long long> c(n);
    for (auto &x : c) cin >> x;
    long long best = c[0];
    for (int l = 0; l < n; l++) {
        long long sum = 0;
        for (int r = l; r < n; r++) {
            sum += c[r];
            best = max(best, sum);
        }
    }
    cout << best << "\n";
}
