package authn

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"funn/internal/platform/fault"
)

// Key gives what a request is counted under; empty when it is not counted.
type Key func(*http.Request) string

// Limiter lets only so many requests through in any minute, counted under each
// of its keys for itself, say per address and per account (ASVS 6.3.1). The
// others are refused with 429 and told when to come back. It counts in memory,
// each instance of the program for itself.
type Limiter struct {
	perMinute int
	refuse    Refuse
	keys      []Key
	room      int // how many keys are remembered at most

	mu    sync.Mutex
	let   map[string][]time.Time // the moments, within a minute, when requests were let through
	swept time.Time
}

// NewLimiter gives a limiter that lets through the number of requests in any
// minute for each value of each key.
func NewLimiter(perMinute int, refuse Refuse, keys ...Key) *Limiter {
	return &Limiter{perMinute: perMinute, refuse: refuse.or(), keys: keys, room: 50_000, let: map[string][]time.Time{}}
}

// Middleware refuses what is too much.
func (l *Limiter) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.Refused(w, r) {
			l.refuse(w, r, http.StatusTooManyRequests, fault.New(fault.TooMany, "authn.too_many"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refused counts the request and says whether it is too much. If so, the answer's
// header tells when to come back, and the caller answers with 429.
func (l *Limiter) Refused(w http.ResponseWriter, r *http.Request) bool {
	var under []string
	for i, key := range l.keys {
		if k := key(r); k != "" {
			under = append(under, fmt.Sprintf("%d %s", i, k))
		}
	}
	wait := l.take(under, time.Now())
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	return wait > 0
}

// take counts a request under all keys, or under none and says how long to wait.
func (l *Limiter) take(under []string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	var wait time.Duration
	for _, k := range under {
		let := within(l.let[k], now)
		if len(let) >= l.perMinute {
			wait = max(wait, let[len(let)-l.perMinute].Add(time.Minute).Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, k := range under {
		l.let[k] = append(within(l.let[k], now), now)
	}
	return 0
}

// within gives the moments that are less than a minute old.
func within(let []time.Time, now time.Time) []time.Time {
	for len(let) > 0 && now.Sub(let[0]) >= time.Minute {
		let = let[1:]
	}
	return let
}

// sweep forgets keys that no longer count. Should somebody come under so many
// names that there is no room, arbitrary ones are forgotten: refusing everybody
// else would be the worse answer.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.swept) >= time.Minute {
		l.swept = now
		for k, let := range l.let {
			if len(within(let, now)) == 0 {
				delete(l.let, k)
			}
		}
	}
	for k := range l.let {
		if len(l.let) < l.room {
			return
		}
		delete(l.let, k)
	}
}

// ByIP counts by the address that the request comes from; IPv6 by network of 64
// bits, which is what one subscriber has. Behind the proxies in the networks
// given, the address is the last one in X-Forwarded-For that is not itself such
// a proxy: what stands before it anybody can write.
func ByIP(proxies ...netip.Prefix) Key {
	return func(r *http.Request) string {
		addr, ok := address(r.RemoteAddr)
		if !ok {
			return "unknown"
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(proxies, addr); i-- {
			hop, ok := address(strings.TrimSpace(hops[i]))
			if !ok {
				break
			}
			addr = hop
		}
		if addr.Is6() {
			return netip.PrefixFrom(addr, 64).Masked().String()
		}
		return addr.String()
	}
}

func trusted(proxies []netip.Prefix, addr netip.Addr) bool {
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// address reads an address with or without a port.
func address(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(s)
	return a.Unmap().WithZone(""), err == nil
}

// ParseProxies reads the networks of the proxies in front of the program, with a
// comma between: "10.0.0.0/8, 192.0.2.7".
func ParseProxies(text string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, aerr := netip.ParseAddr(part)
			if aerr != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network", part)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%q trusts everybody, so that anybody could pass for another", part)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// ByField counts by a field of the form that is posted: the account that the
// login is for. Case and space around do not make another account.
func ByField(name string) Key {
	return func(r *http.Request) string {
		if r.Method != http.MethodPost {
			return ""
		}
		r.Body = http.MaxBytesReader(nil, r.Body, 64<<10)
		value := strings.ToLower(strings.TrimSpace(r.PostFormValue(name)))
		if len(value) > 254 { // the longest e-mail address (RFC 5321)
			value = value[:254]
		}
		return value
	}
}
