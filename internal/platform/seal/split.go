package seal

// Shamir's way of sharing a secret, 2 of 3, byte by byte: each byte s of the secret
// and a random byte r make a line s + r·x over the field of 256 elements, and part
// x is its value at x = 1, 2, 3. Two points give the line and so s, at x = 0; one
// point alone fits a line through every s, so it says nothing.
//
// There is no branch and no table look-up on a secret byte, so the time taken tells
// nothing of it. decisions/0013 says why this is not a library.

// split gives the parts 1, 2 and 3 of a secret; r is random, as long as the secret,
// and never used again.
func split(secret, r []byte) [3][]byte {
	var out [3][]byte
	for x := range out {
		out[x] = make([]byte, len(secret))
		for i := range secret {
			out[x][i] = secret[i] ^ times(byte(x+1), r[i])
		}
	}
	return out
}

// join gives the secret that part a is of number x, and part b of number y, of. The
// numbers are different ones of 1, 2 and 3.
func join(x byte, a []byte, y byte, b []byte) []byte {
	// At x = 0 the line through (x, a) and (y, b) is (a·y + b·x) / (x + y), where +
	// is exclusive or. The sum of two of the numbers is the third.
	over := inverse[x^y]
	out := make([]byte, len(a))
	for i := range a {
		out[i] = times(over, times(y, a[i])^times(x, b[i]))
	}
	return out
}

// inverse gives 1/1, 1/2 and 1/3 in the field.
var inverse = [4]byte{1: 0x01, 2: 0x8d, 3: 0xf6}

// times multiplies in the field of 256 elements that AES uses (FIPS 197 § 4.2).
func times(a, b byte) byte {
	var out byte
	for range 8 {
		out ^= -(a & 1) & b
		a >>= 1
		b = b<<1 ^ -(b>>7)&0x1b
	}
	return out
}
