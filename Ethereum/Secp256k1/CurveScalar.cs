namespace Pythia.Ethereum;

/// <summary>An integer modulo n, the order of secp256k1's generator (SEC 2, 2.4.1); always below n.</summary>
internal readonly struct CurveScalar
{
    private readonly Limbs _value;

    private CurveScalar(in Limbs value) => _value = value;

    public static Limbs Modulus => new(0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, ulong.MaxValue);

    /// <summary>(n − 1) / 2: the largest s that Ethereum takes (EIP-2).</summary>
    public static Limbs Half => new(0xdfe92f46681b20a0, 0x5d576e7357a4501d, ulong.MaxValue, 0x7fffffffffffffff);

    // 2^256 − n, 129 bits.
    private static Limbs Fold => new(0x402da1732fc9bebf, 0x4551231950b75fc4, 1, 0);

    public bool IsZero => _value.IsZero;

    public Limbs Value => _value;

    public static bool TryCreate(in Limbs value, out CurveScalar scalar)
    {
        var valid = Limbs.IsBelow(value, Modulus);
        scalar = valid ? new CurveScalar(value) : default;
        return valid;
    }

    /// <summary>Any 256-bit number modulo n: 2^256 is below 2n.</summary>
    public static CurveScalar FromHash(in Limbs value)
        => Limbs.Subtract(value, Modulus, out var reduced) == 0 ? new CurveScalar(reduced) : new CurveScalar(value);

    public void Write(Span<byte> bytes) => _value.Write(bytes);

    public CurveScalar Negate()
    {
        if (IsZero) return this;
        _ = Limbs.Subtract(Modulus, _value, out var negated);
        return new CurveScalar(negated);
    }

    public static CurveScalar operator *(in CurveScalar a, in CurveScalar b)
    {
        Limbs.Multiply(a._value, b._value, out var low, out var high);

        // 2^256 = Fold (mod n); each turn the high half loses 127 bits: 256, 130, 4, then nothing.
        while (!high.IsZero)
        {
            Limbs.Multiply(high, Fold, out var foldLow, out var foldHigh);
            var carry = Limbs.Add(low, foldLow, out low);
            _ = Limbs.Add(foldHigh, new Limbs(carry, 0, 0, 0), out high);
        }

        return FromHash(low);
    }

    /// <summary>The inverse by Fermat: this^(n − 2), four bits a step. Zero gives zero.</summary>
    public CurveScalar Invert()
    {
        Span<CurveScalar> powers = stackalloc CurveScalar[16];
        powers[0] = new CurveScalar(new Limbs(1, 0, 0, 0));
        for (var i = 1; i < powers.Length; i++) powers[i] = powers[i - 1] * this;

        _ = Limbs.Subtract(Modulus, new Limbs(2, 0, 0, 0), out var exponent);
        var result = powers[0];
        for (var shift = 252; shift >= 0; shift -= 4)
        {
            for (var i = 0; i < 4; i++) result *= result;
            result *= powers[BitsAt(exponent, shift, 4)];
        }

        return result;
    }

    /// <summary>Width-w non-adjacent form: digits odd or zero, |digit| below 2^(w−1), digit i worth 2^i; returns how many are used.</summary>
    /// <param name="digits">257 places.</param>
    public int ToNonAdjacentForm(int width, Span<sbyte> digits)
    {
        digits.Clear();
        var carry = 0;
        var used = 0;
        for (var bit = 0; bit < 256;)
        {
            if (BitsAt(_value, bit, 1) == carry)
            {
                bit++;
                continue;
            }

            var now = Math.Min(width, 256 - bit);
            var word = BitsAt(_value, bit, now) + carry;
            carry = (word >> (width - 1)) & 1;
            digits[bit] = (sbyte)(word - (carry << width));
            used = bit + 1;
            bit += now;
        }

        if (carry != 0)
        {
            digits[256] = 1;
            used = 257;
        }

        return used;
    }

    private static int BitsAt(in Limbs value, int bit, int count)
    {
        var limb = bit >> 6;
        var shift = bit & 63;
        var word = LimbAt(value, limb) >> shift;
        if (shift + count > 64) word |= LimbAt(value, limb + 1) << (64 - shift);
        return (int)(word & ((1UL << count) - 1));
    }

    private static ulong LimbAt(in Limbs value, int index) => index switch
    {
        0 => value.L0,
        1 => value.L1,
        2 => value.L2,
        3 => value.L3,
        _ => 0,
    };
}
