using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Pythia.Ethereum;

/// <summary>A 256-bit unsigned number in four 64-bit limbs, the lowest first; the arithmetic that field and scalar share.</summary>
internal readonly struct Limbs(ulong l0, ulong l1, ulong l2, ulong l3)
{
    public readonly ulong L0 = l0;
    public readonly ulong L1 = l1;
    public readonly ulong L2 = l2;
    public readonly ulong L3 = l3;

    public bool IsZero => (L0 | L1 | L2 | L3) == 0;

    public bool IsOdd => (L0 & 1) != 0;

    /// <summary>Reads 32 bytes, big-endian.</summary>
    public static Limbs Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 32 bytes, big-endian.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, L3);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], L2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], L1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], L0);
    }

    public static bool Equal(in Limbs a, in Limbs b) => ((a.L0 ^ b.L0) | (a.L1 ^ b.L1) | (a.L2 ^ b.L2) | (a.L3 ^ b.L3)) == 0;

    public static bool IsBelow(in Limbs a, in Limbs b)
    {
        if (a.L3 != b.L3) return a.L3 < b.L3;
        if (a.L2 != b.L2) return a.L2 < b.L2;
        return a.L1 != b.L1 ? a.L1 < b.L1 : a.L0 < b.L0;
    }

    /// <summary>a + b modulo 2^256; the return value is the carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add(in Limbs a, in Limbs b, out Limbs sum)
    {
        ulong carry = 0;
        sum = new Limbs(Add(a.L0, b.L0, ref carry), Add(a.L1, b.L1, ref carry), Add(a.L2, b.L2, ref carry), Add(a.L3, b.L3, ref carry));
        return carry;
    }

    /// <summary>a − b modulo 2^256; the return value is the borrow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Subtract(in Limbs a, in Limbs b, out Limbs difference)
    {
        ulong borrow = 0;
        difference = new Limbs(
            Subtract(a.L0, b.L0, ref borrow), Subtract(a.L1, b.L1, ref borrow), Subtract(a.L2, b.L2, ref borrow), Subtract(a.L3, b.L3, ref borrow));
        return borrow;
    }

    /// <summary>a × b in 512 bits, column by column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(in Limbs a, in Limbs b, out Limbs low, out Limbs high)
    {
        ulong c0 = 0, c1 = 0, c2 = 0;
        Column(a.L0, b.L0, ref c0, ref c1, ref c2);
        var r0 = Shift(ref c0, ref c1, ref c2);
        Column(a.L0, b.L1, ref c0, ref c1, ref c2);
        Column(a.L1, b.L0, ref c0, ref c1, ref c2);
        var r1 = Shift(ref c0, ref c1, ref c2);
        Column(a.L0, b.L2, ref c0, ref c1, ref c2);
        Column(a.L1, b.L1, ref c0, ref c1, ref c2);
        Column(a.L2, b.L0, ref c0, ref c1, ref c2);
        var r2 = Shift(ref c0, ref c1, ref c2);
        Column(a.L0, b.L3, ref c0, ref c1, ref c2);
        Column(a.L1, b.L2, ref c0, ref c1, ref c2);
        Column(a.L2, b.L1, ref c0, ref c1, ref c2);
        Column(a.L3, b.L0, ref c0, ref c1, ref c2);
        var r3 = Shift(ref c0, ref c1, ref c2);
        Column(a.L1, b.L3, ref c0, ref c1, ref c2);
        Column(a.L2, b.L2, ref c0, ref c1, ref c2);
        Column(a.L3, b.L1, ref c0, ref c1, ref c2);
        var r4 = Shift(ref c0, ref c1, ref c2);
        Column(a.L2, b.L3, ref c0, ref c1, ref c2);
        Column(a.L3, b.L2, ref c0, ref c1, ref c2);
        var r5 = Shift(ref c0, ref c1, ref c2);
        Column(a.L3, b.L3, ref c0, ref c1, ref c2);
        low = new Limbs(r0, r1, r2, r3);
        high = new Limbs(r4, r5, c0, c1);
    }

    /// <summary>a + b + carry; the carry out is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add(ulong a, ulong b, ref ulong carry)
    {
        var partial = a + carry;
        carry = partial < a ? 1UL : 0;
        var sum = partial + b;
        carry += sum < b ? 1UL : 0;
        return sum;
    }

    /// <summary>a × b + addend + carry, the low half; the high half becomes the carry and cannot overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyAdd(ulong a, ulong b, ulong addend, ref ulong carry)
    {
        var high = Math.BigMul(a, b, out var low);
        low += addend;
        high += low < addend ? 1UL : 0;
        low += carry;
        high += low < carry ? 1UL : 0;
        carry = high;
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        var partial = a - borrow;
        var wrapped = partial > a ? 1UL : 0;
        var difference = partial - b;
        borrow = wrapped + (difference > partial ? 1UL : 0);
        return difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column(ulong a, ulong b, ref ulong c0, ref ulong c1, ref ulong c2)
    {
        var high = Math.BigMul(a, b, out var low);
        c0 += low;
        high += c0 < low ? 1UL : 0;
        c1 += high;
        c2 += c1 < high ? 1UL : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Shift(ref ulong c0, ref ulong c1, ref ulong c2)
    {
        var lowest = c0;
        (c0, c1, c2) = (c1, c2, 0);
        return lowest;
    }
}
