using System.Runtime.CompilerServices;

namespace Pythia.Ethereum;

/// <summary>An integer modulo p = 2^256 − 2^32 − 977, the field of secp256k1 (SEC 2, 2.4.1); always below p.</summary>
internal readonly struct CurveField
{
    private const ulong Fold = 0x1000003d1; // 2^256 − p

    private readonly Limbs _value;

    private CurveField(in Limbs value) => _value = value;

    public static Limbs Modulus => new(0xfffffffefffffc2f, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    public static CurveField One => new(new Limbs(1, 0, 0, 0));

    public bool IsZero => _value.IsZero;

    public bool IsOdd => _value.IsOdd;

    public static bool TryCreate(in Limbs value, out CurveField element)
    {
        var valid = Limbs.IsBelow(value, Modulus);
        element = valid ? new CurveField(value) : default;
        return valid;
    }

    public static CurveField FromSmall(ulong value) => new(new Limbs(value, 0, 0, 0));

    public void Write(Span<byte> bytes) => _value.Write(bytes);

    public static bool operator ==(in CurveField a, in CurveField b) => Limbs.Equal(a._value, b._value);

    public static bool operator !=(in CurveField a, in CurveField b) => !Limbs.Equal(a._value, b._value);

    public override bool Equals(object? obj) => obj is CurveField other && this == other;

    public override int GetHashCode() => HashCode.Combine(_value.L0, _value.L1);

    public static CurveField operator +(in CurveField a, in CurveField b)
    {
        var carry = Limbs.Add(a._value, b._value, out var sum);
        return Reduce(sum, carry);
    }

    public static CurveField operator -(in CurveField a, in CurveField b)
    {
        if (Limbs.Subtract(a._value, b._value, out var difference) != 0) _ = Limbs.Add(difference, Modulus, out difference);
        return new CurveField(difference);
    }

    public static CurveField operator -(in CurveField a)
    {
        if (a.IsZero) return a;
        _ = Limbs.Subtract(Modulus, a._value, out var difference);
        return new CurveField(difference);
    }

    public static CurveField operator *(in CurveField a, in CurveField b)
    {
        Limbs.Multiply(a._value, b._value, out var low, out var high);

        // 2^256 = Fold (mod p): the high half comes back, first as 290 bits, then as one limb more.
        ulong carry = 0;
        var r0 = Limbs.MultiplyAdd(high.L0, Fold, low.L0, ref carry);
        var r1 = Limbs.MultiplyAdd(high.L1, Fold, low.L1, ref carry);
        var r2 = Limbs.MultiplyAdd(high.L2, Fold, low.L2, ref carry);
        var r3 = Limbs.MultiplyAdd(high.L3, Fold, low.L3, ref carry);
        var top = carry;
        carry = 0;
        r0 = Limbs.MultiplyAdd(top, Fold, r0, ref carry);
        r1 = AddCarry(r1, ref carry);
        r2 = AddCarry(r2, ref carry);
        r3 = AddCarry(r3, ref carry);
        return Reduce(new Limbs(r0, r1, r2, r3), carry);
    }

    public CurveField Square() => this * this;

    public CurveField SquareTimes(int times)
    {
        var result = this;
        for (var i = 0; i < times; i++) result *= result;
        return result;
    }

    /// <summary>The inverse by Fermat: this^(p − 2). Zero gives zero.</summary>
    public CurveField Invert()
    {
        var x223 = PowerOfOnes223(out var x2, out var x22);
        return (((x223.SquareTimes(23) * x22).SquareTimes(5) * this).SquareTimes(3) * x2).SquareTimes(2) * this;
    }

    /// <summary>A root by this^((p + 1) / 4), p being 3 modulo 4; false if there is none.</summary>
    public bool TrySquareRoot(out CurveField root)
    {
        var x223 = PowerOfOnes223(out var x2, out var x22);
        root = ((x223.SquareTimes(23) * x22).SquareTimes(6) * x2).SquareTimes(2);
        return root * root == this;
    }

    // this^(2^223 − 1): both exponents begin with 223 one bits, then 0, then 22 one bits.
    private CurveField PowerOfOnes223(out CurveField x2, out CurveField x22)
    {
        x2 = Square() * this;
        var x3 = x2.Square() * this;
        var x6 = x3.SquareTimes(3) * x3;
        var x9 = x6.SquareTimes(3) * x3;
        var x11 = x9.SquareTimes(2) * x2;
        x22 = x11.SquareTimes(11) * x11;
        var x44 = x22.SquareTimes(22) * x22;
        var x88 = x44.SquareTimes(44) * x44;
        var x176 = x88.SquareTimes(88) * x88;
        var x220 = x176.SquareTimes(44) * x44;
        return x220.SquareTimes(3) * x3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AddCarry(ulong value, ref ulong carry)
    {
        var sum = value + carry;
        carry = sum < carry ? 1UL : 0;
        return sum;
    }

    // carry·2^256 + value, known to be below 2p.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CurveField Reduce(in Limbs value, ulong carry)
    {
        if (carry == 0 && value.L3 != ulong.MaxValue) return new CurveField(value);

        var belowModulus = Limbs.Subtract(value, Modulus, out var reduced) != 0;
        return new CurveField(carry == 0 && belowModulus ? value : reduced);
    }
}
