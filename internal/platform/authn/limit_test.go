package authn

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func limited(perMinute int, keys ...Key) (*Limiter, http.Handler) {
	l := NewLimiter(perMinute, nil, keys...)
	return l, l.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The handler behind still gets the form.
		w.Write([]byte(r.PostFormValue("user") + r.PostFormValue("more")))
	}))
}

func try(h http.Handler, from, user string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/logginn", strings.NewReader(url.Values{"user": {user}, "more": {"!"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Of a thousand tries in a minute ten come through, whether they come from one
// address for many accounts or from many addresses for one account; and whoever
// waits as long as told comes through again.
func TestThousandTries(t *testing.T) {
	tests := map[string]func(n int) (from, user string){
		"one address, many accounts": func(n int) (string, string) { return "192.0.2.1:" + strconv.Itoa(1000+n), "user" + strconv.Itoa(n) },
		"one account, many addresses": func(n int) (string, string) {
			return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}).String() + ":1", []string{"fou", "FOU", " fou "}[n%3]
		},
		"one network of IPv6": func(n int) (string, string) {
			return "[2001:db8:1:2::" + strconv.FormatInt(int64(n), 16) + "]:1", "user" + strconv.Itoa(n)
		},
	}
	for name, who := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, h := limited(10, ByIP(), ByField("user"))
				passed := 0
				var last *httptest.ResponseRecorder
				for n := range 1000 {
					time.Sleep(50 * time.Millisecond)
					last = try(h, first(who(n)), second(who(n)))
					switch last.Code {
					case http.StatusOK:
						passed++
						if !strings.HasSuffix(last.Body.String(), "!") {
							t.Fatalf("the handler got %q", last.Body)
						}
					case http.StatusTooManyRequests:
					default:
						t.Fatalf("answer %d", last.Code)
					}
				}
				if passed != 10 {
					t.Errorf("%d of 1000 came through, want 10", passed)
				}
				wait, err := strconv.Atoi(last.Header().Get("Retry-After"))
				if err != nil || wait < 1 || wait > 60 {
					t.Fatalf("Retry-After %q", last.Header().Get("Retry-After"))
				}
				time.Sleep(time.Duration(wait) * time.Second)
				if w := try(h, first(who(1000)), second(who(1000))); w.Code != http.StatusOK {
					t.Errorf("after the wait: %d", w.Code)
				}
			})
		})
	}
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

// Others are not held up by somebody who tries too often.
func TestOthersComeThrough(t *testing.T) {
	t.Parallel()
	_, h := limited(2, ByIP(), ByField("user"))
	for range 5 {
		try(h, "192.0.2.1:1", "a")
	}
	if w := try(h, "192.0.2.2:1", "b"); w.Code != http.StatusOK {
		t.Errorf("another account at another address: %d", w.Code)
	}
	// What was refused for the account has not used up the address.
	for n := range 2 {
		if w := try(h, "192.0.2.3:1", "a"); w.Code != http.StatusTooManyRequests {
			t.Errorf("try %d for the account: %d", n, w.Code)
		}
	}
	if w := try(h, "192.0.2.3:1", "c"); w.Code != http.StatusOK {
		t.Errorf("another account at the address: %d", w.Code)
	}
}

// At no moment have more than the limit come through in the minute before, and
// nobody is refused while there is room.
func TestLimitHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		l, _ := limited(limit)
		now := time.Unix(1_700_000_000, 0)
		let := map[string][]time.Time{}
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "ms")) * time.Millisecond)
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			recent := 0
			for _, at := range let[key] {
				if now.Sub(at) < time.Minute {
					recent++
				}
			}
			wait := l.take([]string{key}, now)
			switch {
			case wait == 0 && recent >= limit:
				t.Fatalf("let through with %d in the last minute", recent)
			case wait > 0 && recent < limit:
				t.Fatalf("refused with %d in the last minute", recent)
			case wait > time.Minute:
				t.Fatalf("told to wait %v", wait)
			case wait == 0:
				let[key] = append(let[key], now)
			}
		}
	})
}

// The wait that is told is exactly long enough.
func TestWait(t *testing.T) {
	t.Parallel()
	l, _ := limited(1)
	now := time.Unix(1_700_000_000, 0)
	l.take([]string{"a"}, now)
	wait := l.take([]string{"a"}, now.Add(10*time.Second))
	if wait != 50*time.Second {
		t.Errorf("told to wait %v", wait)
	}
	if again := l.take([]string{"a"}, now.Add(time.Minute-1)); again != 1 {
		t.Errorf("a nanosecond early: %v", again)
	}
	if again := l.take([]string{"a"}, now.Add(time.Minute)); again != 0 {
		t.Errorf("in time: %v", again)
	}
}

// However many names somebody comes under, the memory stays bounded.
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	l, _ := limited(10)
	l.room = 100
	now := time.Now()
	for n := range 10_000 {
		l.take([]string{strconv.Itoa(n)}, now)
	}
	if len(l.let) > 101 {
		t.Errorf("%d keys remembered, want about 100", len(l.let))
	}
	l.take([]string{"later"}, now.Add(2*time.Minute))
	if len(l.let) != 1 {
		t.Errorf("%d keys remembered two minutes later, want 1", len(l.let))
	}
}

func TestByIP(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{remote: "192.0.2.1:1234", want: "192.0.2.1"},
		{remote: "192.0.2.1:1234", forwarded: []string{"198.51.100.7"}, want: "192.0.2.1"}, // not from a proxy: anybody can write it
		{remote: "10.1.1.1:1", forwarded: []string{"198.51.100.7"}, want: "198.51.100.7"},
		{remote: "10.1.1.1:1", forwarded: []string{"203.0.113.9, 198.51.100.7"}, want: "198.51.100.7"},
		{remote: "10.1.1.1:1", forwarded: []string{"203.0.113.9, 198.51.100.7, 10.2.2.2"}, want: "198.51.100.7"},
		{remote: "10.1.1.1:1", forwarded: []string{"203.0.113.9", "198.51.100.7:443"}, want: "198.51.100.7"},
		{remote: "10.1.1.1:1", forwarded: []string{"198.51.100.7, not an address"}, want: "10.1.1.1"},
		{remote: "10.1.1.1:1", want: "10.1.1.1"},
		{remote: "[fd00::1]:1", forwarded: []string{"2001:db8:1:2:3:4:5:6"}, want: "2001:db8:1:2::/64"},
		{remote: "[::ffff:192.0.2.1]:1", want: "192.0.2.1"},
		{remote: "[fe80::1%eth0]:1", want: "fe80::/64"},
		{remote: "@", want: "unknown"},
	}
	for _, test := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.remote
		r.Header["X-Forwarded-For"] = test.forwarded
		if got := ByIP(proxies...)(r); got != test.want {
			t.Errorf("%s with %q: %s, want %s", test.remote, test.forwarded, got, test.want)
		}
	}
}

func TestByField(t *testing.T) {
	t.Parallel()
	post := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/?user=query", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	key := ByField("user")
	for body, want := range map[string]string{
		"user=+Fou+":                        "fou",
		"other=x":                           "",
		"user=" + strings.Repeat("x", 1000): strings.Repeat("x", 254),
		"a=" + strings.Repeat("x", 100_000) + "&user=fou": "", // more than a login form holds
	} {
		if got := key(post(body)); got != want {
			t.Errorf("%.40s…: %q, want %q", body, got, want)
		}
	}
	if got := key(httptest.NewRequest(http.MethodGet, "/?user=x", nil)); got != "" {
		t.Errorf("a page that is read is counted under %q", got)
	}
}

// The networks of proxies are read or refused by name; none may take in everybody.
func TestProxies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "[]", " , ": "[]", "192.0.2.7": "[192.0.2.7/32]", "10.1.2.3/8, 2001:db8::1": "[10.0.0.0/8 2001:db8::1/128]",
		"10.0.0.0/33": "error", "ingress": "error", "0.0.0.0/0": "error", "::/0": "error",
	} {
		got, err := ParseProxies(text)
		if s := fmt.Sprint(got); err == nil && s != want || err != nil && want != "error" {
			t.Errorf("%q: %s, %v; want %s", text, s, err, want)
		}
	}
}
