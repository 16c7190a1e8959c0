namespace Pythia.Ethereum;

/// <summary>A point of secp256k1, y² = x³ + 7, in affine coordinates; never the point at infinity.</summary>
internal readonly struct AffinePoint(in CurveField x, in CurveField y)
{
    public readonly CurveField X = x;
    public readonly CurveField Y = y;

    /// <summary>The point with this x and this oddness of y; false if x³ + 7 has no root.</summary>
    public static bool TryFromX(in CurveField x, bool oddY, out AffinePoint point)
    {
        var found = ((x * x * x) + CurveField.FromSmall(7)).TrySquareRoot(out var y);
        point = new AffinePoint(x, y.IsOdd == oddY ? y : -y);
        return found;
    }

    public bool IsOnCurve() => Y * Y == (X * X * X) + CurveField.FromSmall(7);

    public AffinePoint Negate() => new(X, -Y);
}

/// <summary>A point in Jacobian coordinates: x = X / Z², y = Y / Z³; Z = 0 is the point at infinity.</summary>
/// <remarks>Takes time that depends on its values: for public data only.</remarks>
internal readonly struct CurvePoint(in CurveField x, in CurveField y, in CurveField z)
{
    public readonly CurveField X = x;
    public readonly CurveField Y = y;
    public readonly CurveField Z = z;

    public bool IsInfinity => Z.IsZero;

    public static CurvePoint FromAffine(in AffinePoint point) => new(point.X, point.Y, CurveField.One);

    public CurvePoint Negate() => new(X, -Y, Z);

    /// <summary>One inversion; not for the point at infinity.</summary>
    /// <exception cref="InvalidOperationException">The point at infinity has no affine coordinates.</exception>
    public AffinePoint ToAffine()
    {
        if (IsInfinity) throw new InvalidOperationException("the point at infinity found, a finite point expected");

        var inverse = Z.Invert();
        var squared = inverse * inverse;
        return new AffinePoint(X * squared, Y * squared * inverse);
    }

    // hyperelliptic.org/EFD, dbl-2009-l. The curve has no point with y = 0, so infinity only comes from infinity.
    public CurvePoint Double()
    {
        var a = X * X;
        var b = Y * Y;
        var c = b * b;
        var sum = X + b;
        var half = (sum * sum) - a - c;
        var d = half + half;
        var e = a + a + a;
        var x3 = (e * e) - d - d;
        var c2 = c + c;
        var c4 = c2 + c2;
        var y3 = (e * (d - x3)) - (c4 + c4);
        var yz = Y * Z;
        return new CurvePoint(x3, y3, yz + yz);
    }

    public CurvePoint Add(in AffinePoint other)
    {
        if (IsInfinity) return FromAffine(other);

        var zz = Z * Z;
        return AddScaled(X, Y, other.X * zz, other.Y * zz * Z, Z);
    }

    public CurvePoint Add(in CurvePoint other)
    {
        if (IsInfinity) return other;
        if (other.IsInfinity) return this;

        var zz = Z * Z;
        var otherZz = other.Z * other.Z;
        return AddScaled(X * otherZz, Y * otherZz * other.Z, other.X * zz, other.Y * zz * Z, Z * other.Z);
    }

    // Both points over the common denominator z: the chord through them, the tangent where they are one, infinity where opposite.
    private CurvePoint AddScaled(in CurveField x1, in CurveField y1, in CurveField x2, in CurveField y2, in CurveField z)
    {
        var h = x2 - x1;
        var r = y2 - y1;
        if (h.IsZero) return r.IsZero ? Double() : default;

        var hh = h * h;
        var hhh = hh * h;
        var v = x1 * hh;
        var x3 = (r * r) - hhh - v - v;
        return new CurvePoint(x3, (r * (v - x3)) - (y1 * hhh), z * h);
    }

    /// <summary>g·G + q·Q by interleaved non-adjacent forms (Strauss–Shamir): one chain of doublings for both.</summary>
    public static CurvePoint MultiplyAdd(in CurveScalar g, in CurveScalar q, in AffinePoint point)
    {
        Span<CurvePoint> odd = stackalloc CurvePoint[1 << (PointWidth - 2)];
        FillOddMultiples(point, odd);

        Span<sbyte> digitsG = stackalloc sbyte[257];
        Span<sbyte> digitsQ = stackalloc sbyte[257];
        var length = Math.Max(g.ToNonAdjacentForm(GeneratorWidth, digitsG), q.ToNonAdjacentForm(PointWidth, digitsQ));

        var sum = default(CurvePoint);
        for (var i = length - 1; i >= 0; i--)
        {
            sum = sum.Double();
            if (digitsQ[i] > 0) sum = sum.Add(odd[digitsQ[i] >> 1]);
            else if (digitsQ[i] < 0) sum = sum.Add(odd[-digitsQ[i] >> 1].Negate());

            if (digitsG[i] > 0) sum = sum.Add(OddMultiplesOfG[digitsG[i] >> 1]);
            else if (digitsG[i] < 0) sum = sum.Add(OddMultiplesOfG[-digitsG[i] >> 1].Negate());
        }

        return sum;
    }

    private const int PointWidth = 5;
    private const int GeneratorWidth = 8;

    // G, 3G, 5G … 127G, computed at the first use: 64 points, 4 KB.
    private static readonly AffinePoint[] OddMultiplesOfG = CreateOddMultiplesOfG();

    private static AffinePoint[] CreateOddMultiplesOfG()
    {
        // SEC 2, 2.4.1.
        _ = CurveField.TryCreate(new Limbs(0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac), out var x);
        _ = CurveField.TryCreate(new Limbs(0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465), out var y);
        var multiples = new CurvePoint[1 << (GeneratorWidth - 2)];
        FillOddMultiples(new AffinePoint(x, y), multiples);
        return Array.ConvertAll(multiples, m => m.ToAffine());
    }

    private static void FillOddMultiples(in AffinePoint point, Span<CurvePoint> odd)
    {
        odd[0] = FromAffine(point);
        var twice = odd[0].Double();
        for (var i = 1; i < odd.Length; i++) odd[i] = odd[i - 1].Add(twice);
    }
}
